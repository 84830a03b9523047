using IpGan.Imaging;
using IpGan.Models;
using static TorchSharp.torch;

namespace IpGan.Training.Export;

/// <summary>
/// The space that an encoder speaks already: that of a published package whose recorded answers it gives. Weights that were folded, rounded or fitted on another processor differ
/// in their last digits; to those who keep vectors they are the same encoder, and a generator alone was trained.
/// </summary>
internal static class SpokenSpace
{
    // One encoder exported twice, from weights in half precision and on another processor, differed by 2e-4; two encoders differ by a hundred times as much.
    private const double Tolerance = 1e-3;

    /// <summary>The newest package that the encoder answers like.</summary>
    /// <param name="repository">Where packages lie; those that cannot be read are passed over.</param>
    /// <param name="role">One of the encoders.</param>
    /// <param name="dimension">Numbers in its vectors.</param>
    /// <param name="imageSize">Pixels on a side of its pictures.</param>
    /// <param name="encoder">Pictures [N, 3, S, S] to vectors [N, D].</param>
    public static ModelPackage? Find(string repository, ModelRole role, int dimension, int imageSize, Func<Tensor, Tensor> encoder)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var packages = new ModelRepository(repository);
        return packages.Versions(role).Select(version => Open(packages.Folder(role, version))).FirstOrDefault(p => p is not null && Answers(p));

        bool Answers(ModelPackage package)
        {
            var manifest = package.Manifest;
            if (manifest.ImageSize != imageSize || manifest.CropRule != CropRule.Id || Space(package).Dimension != dimension)
            {
                return false;
            }
            var golden = package.ReadGolden();
            var (picture, pixels) = golden.Single(g => g.Tensor.Kind == "input");
            var recorded = golden.Single(g => g.Tensor.Name == (role == ModelRole.IdentityEncoder ? "identity" : "pose")).Values;
            var answered = encoder(tensor(pixels, Array.ConvertAll(picture.Shape, d => (long)d))).cpu().contiguous().data<float>().ToArray();
            return answered.Length == recorded.Length && answered.Zip(recorded).All(p => Math.Abs(p.First - p.Second) <= Tolerance);
        }
    }

    /// <summary>The space of an encoder's package.</summary>
    public static VectorSpace Space(ModelPackage encoder) => (encoder.Manifest.IdentitySpace ?? encoder.Manifest.PoseSpace)!;

    private static ModelPackage? Open(string folder)
    {
        try
        {
            return ModelPackage.Open(folder);
        }
        catch (Exception e) when (e is PackageInvalidException or PackageIncompleteException)
        {
            return null;
        }
    }
}
