using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace IpGan.Training.Data;

/// <summary>Pictures on the device, with what is known of them.</summary>
public sealed class FaceBatch : IDisposable
{
    private FaceBatch(Tensor pictures, Tensor masks, Tensor angles, Tensor hasAngles, Tensor teachers, Tensor hasTeacher, Tensor labels, Tensor mixedIn)
    {
        Pictures = pictures;
        Masks = masks;
        Angles = angles;
        HasAngles = hasAngles;
        Teachers = teachers;
        HasTeacher = hasTeacher;
        Labels = labels;
        MixedIn = mixedIn;
    }

    /// <summary>[N, 3, S, S] in [−1, 1], channels last in memory.</summary>
    public Tensor Pictures { get; }

    /// <summary>[N, 1, S, S]: 1 inside the photo, 0 where edge pixels were repeated.</summary>
    public Tensor Masks { get; }

    /// <summary>yaw/45, pitch/30, roll/20: [N, 3]; zeros where unknown.</summary>
    public Tensor Angles { get; }

    /// <summary>[N, 1]: 1 where the angles are known, which those of drawn views are not.</summary>
    public Tensor HasAngles { get; }

    /// <summary>The pictures' teacher vectors, unit length: [N, 128]; zeros where there is none.</summary>
    public Tensor Teachers { get; }

    /// <summary>[N]: 1 where there is a teacher.</summary>
    public Tensor HasTeacher { get; }

    /// <summary>True if any picture has a teacher.</summary>
    public bool AnyTeacher { get; private init; }

    /// <summary>Class numbers of the people, [N], int64; −1 for people of a single picture.</summary>
    public Tensor Labels { get; }

    /// <summary>[N, 1]: 0 for pictures of the first data set, 1 for those of the others in a mix.</summary>
    public Tensor MixedIn { get; }

    /// <summary>Puts the pictures together.</summary>
    public static FaceBatch Create(TrainingFaces faces, IReadOnlyList<FaceDraw> draws, Device device)
    {
        using var scope = NewDisposeScope();
        int n = draws.Count, size = faces.Packed.Size;
        // Straight into libtorch's memory: arrays this large would keep the garbage collector busy.
        var pixels = empty([n, size, size, 3], ScalarType.Byte);
        var masks = zeros([n, 1, size, size]);
        var angles = new float[n * 3];
        var hasAngles = new float[n];
        var teachers = new float[n * TrainingFaces.TeacherDimension];
        var hasTeacher = new float[n];
        var labels = new long[n];
        var mixedIn = new float[n];
        // A GPU waits for this where one core alone puts its pictures together.
        Cores.For(n, i =>
        {
            var (index, mirror) = draws[i];
            var picture = pixels.bytes.Slice(i * size * size * 3, size * size * 3);
            faces.Packed.Read(index, picture);
            if (mirror)
            {
                Mirror(picture, size);
            }
            var face = faces.Table.Faces[index];
            FillMask(MemoryMarshal.Cast<byte, float>(masks.bytes).Slice(i * size * size, size * size), size, face, mirror);
            // A view's are what its model was asked for, which is not what it drew; a blend's, which has a descriptor of its own, come from photos.
            if (face is { Angles: { } known } and not { Drawn: true, DescriptorRow: < 0 })
            {
                var a = mirror ? known.Mirrored : known;
                Networks.PoseEncoder.Units(a).CopyTo(angles, i * 3);
                hasAngles[i] = 1;
            }
            if (faces.Teacher(index) is { } teacher)
            {
                teacher.CopyTo(teachers, i * TrainingFaces.TeacherDimension);
                hasTeacher[i] = 1;
            }
            labels[i] = faces.Label(index);
            mixedIn[i] = face.Set > 0 ? 1 : 0;
        });
        var pictures = pixels.to(device).to(ScalarType.Float32).div_(127.5).sub_(1).permute(0, 3, 1, 2);
        return new FaceBatch(
            pictures.MoveToOuterDisposeScope(),
            masks.to(device).MoveToOuterDisposeScope(),
            tensor(angles, [n, 3], device: device).MoveToOuterDisposeScope(),
            tensor(hasAngles, [n, 1], device: device).MoveToOuterDisposeScope(),
            tensor(teachers, [n, TrainingFaces.TeacherDimension], device: device).MoveToOuterDisposeScope(),
            tensor(hasTeacher, [n], device: device).MoveToOuterDisposeScope(),
            tensor(labels, [n], device: device).MoveToOuterDisposeScope(),
            tensor(mixedIn, [n, 1], device: device).MoveToOuterDisposeScope())
        {
            AnyTeacher = hasTeacher.Contains(1),
        };
    }

    /// <summary>Pictures [N, 3, S, S] in [−1, 1], of any device, as red, green, blue of each pixel, picture by picture and row by row.</summary>
    internal static byte[] Rgb(Tensor pictures)
    {
        using var scope = NewDisposeScope();
        return ((pictures + 1) * 127.5).round().clamp(0, 255).to(ScalarType.Byte).permute(0, 2, 3, 1).contiguous().cpu().bytes.ToArray();
    }

    /// <summary>Some of the pictures: a view, for a lane of its own.</summary>
    public FaceBatch this[Range range] => new(
        Pictures[range], Masks[range], Angles[range], HasAngles[range], Teachers[range], HasTeacher[range], Labels[range], MixedIn[range])
    {
        AnyTeacher = AnyTeacher,
    };

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var tensor in new[] { Pictures, Masks, Angles, HasAngles, Teachers, HasTeacher, Labels, MixedIn })
        {
            tensor.Dispose();
        }
    }

    private static void Mirror(Span<byte> picture, int size)
    {
        var pixels = MemoryMarshal.Cast<byte, Pixel>(picture);
        for (var y = 0; y < size; y++)
        {
            pixels.Slice(y * size, size).Reverse();
        }
    }

    private readonly record struct Pixel(byte Red, byte Green, byte Blue);

    private static void FillMask(Span<float> mask, int size, Face face, bool mirror)
    {
        var (left, top, right, bottom) = face.Valid;
        if (mirror)
        {
            (left, right) = (1 - right, 1 - left);
        }
        int x0 = (int)Math.Ceiling(left * size), x1 = (int)Math.Floor(right * size);
        int y0 = (int)Math.Ceiling(top * size), y1 = (int)Math.Floor(bottom * size);
        for (var y = Math.Max(y0, 0); y < Math.Min(y1, size); y++)
        {
            mask[(y * size + Math.Max(x0, 0))..(y * size + Math.Min(Math.Max(x1, x0), size))].Fill(1);
        }
    }
}
