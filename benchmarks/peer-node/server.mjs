// The identity encoder of a model package behind gRPC, as one would write it in Node: the same proto, the same network, the same square.
// node server.mjs MODEL.onnx IMAGE_SIZE PROTO_FOLDER... ; prints "listening on PORT".
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';
import ort from 'onnxruntime-node';
import sharp from 'sharp';

const [model, imageSize, ...protoFolders] = process.argv.slice(2);
const size = Number(imageSize);
// A request takes one thread, as in the service; libuv's pool (UV_THREADPOOL_SIZE) runs as many at once as there are cores.
const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 });
sharp.concurrency(1);
sharp.cache(false);

async function embed(content) {
  const rgb = await sharp(content).removeAlpha().resize(size, size, { fit: 'fill', kernel: 'linear' }).raw().toBuffer();
  const planes = new Float32Array(3 * size * size);
  for (let i = 0, plane = size * size; i < plane; i++) {
    planes[i] = rgb[3 * i] / 127.5 - 1;
    planes[plane + i] = rgb[3 * i + 1] / 127.5 - 1;
    planes[2 * plane + i] = rgb[3 * i + 2] / 127.5 - 1;
  }
  const outputs = await session.run({ image: new ort.Tensor('float32', planes, [1, 3, size, size]) });
  return outputs.identity.data;
}

const definition = loader.loadSync('ipgan/v1/identity_encoder.proto', { includeDirs: protoFolders, keepCase: false });
const { ipgan } = grpc.loadPackageDefinition(definition);
const server = new grpc.Server({ 'grpc.max_receive_message_length': -1 });
server.addService(ipgan.v1.IdentityEncoder.service, {
  embed(call, answer) {
    embed(call.request.image.content).then(
      values => answer(null, { embedding: { values: Array.from(values), space: 'peer', modelVersion: '1' }, id: call.request.id }),
      error => answer({ code: grpc.status.INVALID_ARGUMENT, details: String(error) }));
  },
});
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(`listening on ${port}`);
});
