using Grpc.Core;
using IpGan.Imaging;
using IpGan.Serving.Scheduling;
using IpGan.Serving.Versions;
using IpGan.V1;

namespace IpGan.Serving.Rpc;

/// <summary>Whole photo in, faces out: beside both encoders.</summary>
public sealed class FaceFinderService(ModelHosts hosts, WorkQueue queue) : V1.FaceFinder.FaceFinderBase
{
    /// <inheritdoc />
    public override async Task<FindFacesResponse> FindFaces(FindFacesRequest request, ServerCallContext context)
    {
        if (request.Image is not { } image)
        {
            throw new InvalidRequestException("image is missing: send a JPEG, PNG or WebP in image.content.", "image");
        }
        if (!PictureInput.NeedsFinder(image) || image.Choice is not null)
        {
            throw new InvalidRequestException("image says where its face is, or which is meant; all faces are found in image.content alone.", "image");
        }
        using var lease = hosts.AcquireFinder(request.ModelVersion)
            ?? throw new NoFinderException("No face finder is loaded: publish a face-finder package into the model repository.");
        var finder = lease.Model;
        ServingSpans.TagRequest(finder);
        // What is too small for the encoder beside it depends on that encoder.
        using var encoder = hosts.Own.Acquire("");
        var size = encoder.Model.Manifest.ImageSize;
        return await queue.RunAsync(() => Find(image, finder, size), wait: false, context.CancellationToken).ConfigureAwait(false);
    }

    private static FindFacesResponse Find(Image image, LoadedModel finder, int size)
    {
        var (photo, found, notes) = PhotoSquare.Survey(image.Content.Memory, finder.Finder!, size);
        return new FindFacesResponse
        {
            Faces = { found.Faces.Select((face, i) => FaceMessages.ToMessage(face, i, found.Faces.Count, notes[i], finder.VersionText)) },
            BestRejectedScore = found.BestRejected,
            Threshold = (float)finder.Finder!.Threshold,
            FinderVersion = finder.VersionText,
            Width = photo.Width,
            Height = photo.Height,
        };
    }
}
