using IpGan.Imaging;
using static TorchSharp.torch;

namespace IpGan.Training.Finding;

/// <summary>The finder's network asked about pictures, with the same steps after it as in the services.</summary>
public static class SceneFinder
{
    /// <summary>The faces in a canvas [3, side, side] that a photo fills from the upper left.</summary>
    /// <param name="network">The network; its statistics stand still meanwhile.</param>
    /// <param name="canvas">3·side² numbers.</param>
    /// <param name="side">Pixels a side.</param>
    /// <param name="threshold">The score from which on a candidate is a face.</param>
    public static FoundFaces Find(FinderNetwork network, float[] canvas, int side, double threshold)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var training = network.training;
        network.eval();
        try
        {
            var candidates = network.forward(tensor(canvas, [1, 3, side, side]));
            return FaceFinder.Read(candidates.data<float>().ToArray(), new PictureInfo(PictureFormat.Png, side, side), side, threshold);
        }
        finally
        {
            network.train(training);
        }
    }
}
