using Google.Protobuf;
using Grpc.Core;
using IpGan.V1;
using SkiaSharp;

namespace IpGan.Testing.Faults;

/// <summary>Requests for an identity encoder as nobody sends them by mistake alone: damaged pictures, decompression bombs, absurd places, broken messages.</summary>
public sealed class RequestMutator(int seed)
{
    // The wire's bytes go out as they are.
    private static readonly Marshaller<byte[]> Raw = Marshallers.Create(bytes => bytes, bytes => bytes);

    private static readonly Method<byte[], byte[]> Embed =
        new(MethodType.Unary, "ipgan.v1.IdentityEncoder", "Embed", Raw, Raw);

    private static readonly byte[][] Photos =
        [Pictures.Square(1, 160, SKEncodedImageFormat.Jpeg), Pictures.Square(2, 64, SKEncodedImageFormat.Png), Pictures.Square(3, 96, SKEncodedImageFormat.Webp)];

    private static readonly float[] Absurd = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, -1e30f, 0, 1e-30f, -5];

    private readonly Random _random = new(seed);

    /// <summary>The next request, as bytes of the message, if it still is one.</summary>
    public byte[] Next()
    {
        var photo = (byte[])Photos[_random.Next(Photos.Length)].Clone();
        var request = new EmbedRequest { Image = new Image { Cropped = _random.Next(2) == 0 } };
        switch (_random.Next(9))
        {
            case 0:
                for (var i = 0; i <= _random.Next(16); i++)
                    photo[_random.Next(photo.Length)] = (byte)_random.Next(256);
                break;
            case 1:
                photo = photo[.._random.Next(photo.Length)];
                break;
            case 2:
                _random.NextBytes(photo.AsSpan(_random.Next(16)));
                break;
            case 3:
                photo = Bomb();
                break;
            case 4:
                // One format's beginning, another one's rest.
                var other = Photos[_random.Next(Photos.Length)];
                photo = [.. photo[..Math.Min(photo.Length, 4 + _random.Next(200))], .. other[_random.Next(other.Length / 2)..]];
                break;
            case 5:
                request.Image.Cropped = false;
                request.Image.Face = new FacePlace
                {
                    Sellion = _random.Next(5) == 0 ? null : new Point { X = Number(), Y = Number() },
                    Mouth = _random.Next(5) == 0 ? null : new Point { X = Number(), Y = Number() },
                    Yaw = Number(),
                };
                break;
            case 6:
                request.ModelVersion = new string((char)_random.Next(1, 0xD7FF), _random.Next(300));
                break;
            case 7:
                photo = [];
                request.Image = _random.Next(2) == 0 ? null : request.Image;
                break;
            default:
                request.Image.Content = ByteString.CopyFrom(photo);
                var message = request.ToByteArray();
                for (var i = 0; i <= _random.Next(8); i++)
                    message[_random.Next(Math.Min(message.Length, 40))] = (byte)_random.Next(256);
                return message;
        }
        if (request.Image is not null)
            request.Image.Content = ByteString.CopyFrom(photo);
        return request.ToByteArray();
    }

    /// <summary>Sends a request; what the service made of it.</summary>
    public static async Task<StatusCode> SendAsync(CallInvoker invoker, byte[] message, CancellationToken cancel)
    {
        try
        {
            using var call = invoker.AsyncUnaryCall(Embed, null, new CallOptions(cancellationToken: cancel), message);
            await call.ResponseAsync;
            return StatusCode.OK;
        }
        catch (RpcException e)
        {
            return e.StatusCode;
        }
    }

    private float Number() => _random.Next(2) == 0 ? Absurd[_random.Next(Absurd.Length)] : (float)(_random.NextDouble() * 200 - 20);

    // A header that promises billions of pixels, or hundreds of millions that compress to nothing.
    private byte[] Bomb()
    {
        byte[] header = [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, (byte)'I', (byte)'H', (byte)'D', (byte)'R'];
        var size = _random.Next(2) == 0 ? new byte[] { 0x7F, 0xFF, 0xFF, 0xFF } : [0, 0, 0x60, 0];
        return [.. header, .. size, .. size, 8, 6, 0, 0, 0, 0, 0, 0, 0, .. new byte[_random.Next(2000)]];
    }
}
