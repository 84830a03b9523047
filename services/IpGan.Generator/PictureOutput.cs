using Google.Protobuf;
using IpGan.Imaging;
using IpGan.Serving;
using IpGan.V1;

namespace IpGan.Generator;

/// <summary>How the pictures of a request are to be encoded.</summary>
/// <param name="Format">The encoding; never unspecified.</param>
/// <param name="Side">Pixels a side; 0: as the network draws them.</param>
/// <param name="Quality">Of JPEG and WebP.</param>
internal readonly record struct PictureOutput(ImageFormat Format, int Side, int Quality)
{
    /// <exception cref="InvalidRequestException">The request asks for what there is not.</exception>
    public static PictureOutput Read(GenerateRequest request)
    {
        if (request.Format is < ImageFormat.Unspecified or > ImageFormat.Webp)
        {
            throw new InvalidRequestException($"format is {(int)request.Format}; send IMAGE_FORMAT_PNG, IMAGE_FORMAT_JPEG or IMAGE_FORMAT_WEBP.", "format");
        }
        if (request.Size != 0 && request.Size is < PictureEncoder.MinSide or > PictureEncoder.MaxSide)
        {
            throw new InvalidRequestException(
                $"size is {request.Size}; it must be {PictureEncoder.MinSide} to {PictureEncoder.MaxSide} pixels, or 0 for the network's own.", "size");
        }
        if (request.Quality is < 0 or > 100)
        {
            throw new InvalidRequestException($"quality is {request.Quality}; it must be 1 to 100, or 0 for {PictureEncoder.DefaultQuality}.", "quality");
        }
        return new PictureOutput(
            request.Format == ImageFormat.Unspecified ? ImageFormat.Png : request.Format, request.Size,
            request.Quality == 0 ? PictureEncoder.DefaultQuality : request.Quality);
    }

    /// <summary>The network's output, [3, size, size], as the answer carries it.</summary>
    public GeneratedImage Encode(ReadOnlySpan<float> planes, int size) => new()
    {
        Content = UnsafeByteOperations.UnsafeWrap(PictureEncoder.Encode(planes, size, Format switch
        {
            ImageFormat.Jpeg => PictureFormat.Jpeg,
            ImageFormat.Webp => PictureFormat.Webp,
            _ => PictureFormat.Png,
        }, Quality, Side)),
        Format = Format,
        Size = Side == 0 ? size : Side,
    };
}
