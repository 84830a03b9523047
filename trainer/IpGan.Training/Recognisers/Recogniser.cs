using IpGan.Training.Data;
using static TorchSharp.torch;

namespace IpGan.Training.Recognisers;

/// <summary>A published face recogniser that describes pictures: the identity encoder's teacher, and a term of the generator's loss. Nothing here trains it.</summary>
public abstract class Recogniser : IDisposable
{
    /// <summary>Numbers in a vector.</summary>
    public const int Dimension = FaceTable.DescriptorLength;

    /// <summary>Where it computes.</summary>
    public abstract Device Device { get; }

    /// <summary>|yaw| in degrees beyond which a face tells it nothing; over the last 25 it tells less and less.</summary>
    public abstract double TellsTo { get; }

    /// <summary>Where it looks when nothing but the pose is known.</summary>
    /// <param name="yaw">In degrees, [N].</param>
    /// <param name="roll">In degrees, [N].</param>
    public abstract RecogniserSquares Squares(Tensor yaw, Tensor roll);

    /// <summary>Where it looked when it described photos.</summary>
    /// <param name="pictures">The photos, [N, 3, S, S].</param>
    /// <param name="yaw">In degrees, [N].</param>
    /// <param name="roll">In degrees, [N].</param>
    /// <param name="descriptors">What it saw, [N, 128].</param>
    /// <param name="precision">What convolutions compute in.</param>
    public virtual RecogniserSquares SquaresOf(Tensor pictures, Tensor yaw, Tensor roll, Tensor descriptors, ScalarType precision) => Squares(yaw, roll);

    /// <summary>Descriptors [N, 128], as data sets hold them, of pictures [N, 3, S, S] cut by the crop rule, in [−1, 1]; differentiable in pictures and squares.</summary>
    /// <param name="pictures">The pictures.</param>
    /// <param name="squares">Where it looks.</param>
    /// <param name="precision">What convolutions compute in.</param>
    public abstract Tensor Descriptors(Tensor pictures, RecogniserSquares squares, ScalarType precision);

    /// <summary>The same, seen through the squares of their pose.</summary>
    /// <param name="pictures">The pictures.</param>
    /// <param name="yaw">In degrees, [N].</param>
    /// <param name="roll">In degrees, [N].</param>
    /// <param name="precision">What convolutions compute in.</param>
    public Tensor Descriptors(Tensor pictures, Tensor yaw, Tensor roll, ScalarType precision)
    {
        using var scope = NewDisposeScope();
        return Descriptors(pictures, Squares(yaw, roll), precision).MoveToOuterDisposeScope();
    }

    /// <summary>The mean over pictures and their mirror images, which says more of a person than either: how pictures are described that teach.</summary>
    /// <param name="pictures">The pictures, [N, 3, S, S].</param>
    /// <param name="squares">Where it looks.</param>
    /// <param name="precision">What convolutions compute in.</param>
    public Tensor DescriptorsOfBothSides(Tensor pictures, RecogniserSquares squares, ScalarType precision)
    {
        using var scope = NewDisposeScope();
        return ((Descriptors(pictures, squares, precision) + Descriptors(pictures.flip(3), squares.Mirrored, precision)) / 2).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the weights.</summary>
    protected abstract void Dispose(bool disposing);
}
