// Still WebP pictures into one animated WebP: their image chunks are put into animation frames, and nothing is encoded anew.
// https://developers.google.com/speed/webp/docs/riff_container

const animated = 0x02;
const alpha = 0x10;
const doNotBlend = 0x02;

/** The animation of still WebP files of one size, each shown for so many milliseconds, for ever. */
export function animate(stills, size, duration) {
  const frames = stills.map(chunksOf);
  const hasAlpha = frames.some(chunks => chunks.some(chunk => chunk.name !== 'VP8 '));
  return chunk('RIFF', [
    text('WEBP'),
    chunk('VP8X', [number(animated | (hasAlpha ? alpha : 0), 4), number(size - 1, 3), number(size - 1, 3)]),
    chunk('ANIM', [number(0, 4), number(0, 2)]),
    ...frames.map(chunks => chunk('ANMF', [
      number(0, 3), number(0, 3), number(size - 1, 3), number(size - 1, 3), number(duration, 3), number(doNotBlend, 1),
      ...chunks.map(({ name, bytes }) => chunk(name, [bytes])),
    ])),
  ]);
}

/** The chunks that hold the picture: VP8 or VP8L, and ALPH before VP8 if it is not opaque. */
function chunksOf(still) {
  const view = new DataView(still.buffer, still.byteOffset, still.byteLength);
  const nameAt = at => String.fromCharCode(...still.subarray(at, at + 4));
  if (still.length < 20 || nameAt(0) !== 'RIFF' || nameAt(8) !== 'WEBP') throw new Error('A frame is not a WebP picture.');
  const found = [];
  for (let at = 12; at + 8 <= still.length;) {
    const [name, length] = [nameAt(at), view.getUint32(at + 4, true)];
    if (['ALPH', 'VP8 ', 'VP8L'].includes(name)) found.push({ name, bytes: still.subarray(at + 8, at + 8 + length) });
    at += 8 + length + length % 2;
  }
  return found;
}

/** Name, length, contents, and a byte of padding when the length is odd. */
function chunk(name, parts) {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return join([text(name), number(length, 4), ...parts, new Uint8Array(length % 2)]);
}

const text = name => Uint8Array.from(name, letter => letter.charCodeAt(0));

/** Little-endian. */
const number = (value, bytes) => Uint8Array.from({ length: bytes }, (_, i) => value >>> 8 * i);

function join(parts) {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
