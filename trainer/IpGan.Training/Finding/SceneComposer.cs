using System.Numerics;
using IpGan.Imaging;
using IpGan.Training.Data;
using static IpGan.Training.Finding.SceneCanvas;

namespace IpGan.Training.Finding;

/// <summary>
/// Composes photos out of squares whose points are known: faces at any size, place and roll on drawn backgrounds, among things that are nearly
/// faces. Some scenes are a single square and nothing else, as a picture is that was cut before; some hold no face.
/// </summary>
public sealed class SceneComposer
{
    // The most that two squares may share.
    private const float MostShared = 0.05f;
    private const float LargestTurn = 0.6f;

    private readonly TrainingFaces _faces;
    private readonly Func<Random, FaceDraw> _draw;

    private SceneComposer(TrainingFaces faces, Func<Random, FaceDraw> draw) => (_faces, _draw) = (faces, draw);

    /// <summary>Scenes of the people that are trained on.</summary>
    /// <exception cref="DataSetException">The data set does not tell where faces are.</exception>
    public static SceneComposer Training(TrainingFaces faces)
    {
        Check(faces);
        return new(faces, faces.DrawAny);
    }

    /// <summary>Scenes of the people that are never trained on.</summary>
    /// <exception cref="DataSetException">There are none, or the data set does not tell where faces are.</exception>
    public static SceneComposer Validation(TrainingFaces faces)
    {
        Check(faces);
        var held = Enumerable.Range(0, faces.Table.Faces.Count).Where(i => faces.Table.Faces[i].Validation && !faces.Table.Overlap.ContainsKey(faces.Table.Faces[i].Identity)).ToList();
        return held.Count > 0
            ? new(faces, random => new FaceDraw(held[random.Next(held.Count)], random.Next(2) == 0))
            : throw new DataSetException($"'{faces.Table.Folder}' has no validation people.");
    }

    /// <summary>Whose faces they are (<see cref="FaceTable.PeopleMark"/>).</summary>
    public string PeopleMark => _faces.Table.PeopleMark;

    /// <summary>One scene; the same random numbers give the same scene.</summary>
    /// <param name="random">All draws.</param>
    /// <param name="side">Pixels a side of the canvas.</param>
    public FaceScene Compose(Random random, int side)
    {
        // Photos are wider or higher than a square; the rest of the canvas stays empty.
        var aspect = random.Next(3) == 0 ? 1 : Between(random, 0.5f, 1);
        var canvas = random.Next(2) == 0 ? new SceneCanvas(side, (int)(side * aspect)) : new SceneCanvas((int)(side * aspect), side);
        SceneBackground.Draw(canvas, random);
        var faces = new List<FacePlace>();
        var taken = new List<CropSquare>();
        if (random.Next(10) == 0)
        {
            AddWhole(canvas, random, faces);
        }
        else
        {
            for (var n = random.Next(4) == 0 ? 0 : random.Next(1, 4); n > 0; n--)
            {
                Add(canvas, random, faces: null, taken);
            }
            // Large ones come first: later they would find no room.
            if (random.Next(2) == 0)
            {
                Add(canvas, random, faces, taken, smallest: 0.5f);
            }
            for (var n = random.Next(8) == 0 ? 0 : random.Next(1, 4 + side / 40); n > 0; n--)
            {
                Add(canvas, random, faces, taken);
            }
        }
        canvas.Develop(random);
        return new FaceScene(side, canvas.ToPlanes(side), faces);
    }

    // A picture that was cut before: the square is the photo, or nearly.
    private void AddWhole(SceneCanvas canvas, Random random, List<FacePlace> faces)
    {
        var side = Math.Min(canvas.Width, canvas.Height) * Between(random, 0.95f, 1.35f);
        var centre = new Vector2(canvas.Width, canvas.Height) / 2 + new Vector2(Between(random, -0.1f, 0.1f), Between(random, -0.1f, 0.1f)) * side;
        Paste(canvas, random, faces, centre, side, turn: Between(random, -0.1f, 0.1f), whole: false);
    }

    // Sizes are even on a logarithmic scale, small ones a little likelier; smallest is where on it they begin.
    private void Add(SceneCanvas canvas, Random random, List<FacePlace>? faces, List<CropSquare> taken, float smallest = 0)
    {
        for (var attempt = 0; attempt < 8; attempt++)
        {
            var most = Math.Min(canvas.Width, canvas.Height) * 1.1f;
            var side = FinderTargets.SmallestSide * 0.8f * MathF.Pow(most / (FinderTargets.SmallestSide * 0.8f), MathF.Pow(Between(random, smallest, 1), 1.2f));
            var centre = new Vector2(random.NextSingle() * canvas.Width, random.NextSingle() * canvas.Height);
            var square = new CropSquare(centre.X - side / 2, centre.Y - side / 2, side);
            // A part may be cut off, but not the middle of the face.
            var inset = side * 0.3f;
            if (centre.X < inset || centre.Y < inset || centre.X > canvas.Width - inset || centre.Y > canvas.Height - inset
                || taken.Any(t => t.Nesting(square) > MostShared))
            {
                continue;
            }
            taken.Add(square);
            Paste(canvas, random, faces, centre, side, Turn(random), whole: random.Next(6) == 0);
            return;
        }
    }

    private void Paste(SceneCanvas canvas, Random random, List<FacePlace>? faces, Vector2 centre, float side, float turn, bool whole)
    {
        var draw = _draw(random);
        var face = _faces.Table.Faces[draw.Index];
        var paste = new FacePaste(_faces.Packed.Read(draw.Index), _faces.Packed.Size, side, draw.Mirror);
        if (faces is null)
        {
            paste.Scramble(random);
        }
        paste.Draw(canvas, random, centre, side, turn, whole);
        if (faces is not null)
        {
            var (place, yaw) = (face.Place!.Value, face.Angles!.Value.Yaw);
            PicturePoint Move(PicturePoint p) => FacePaste.Move(draw.Mirror ? p with { X = 1 - p.X } : p, centre, side, turn);
            faces.Add(new FacePlace(Move(place.Sellion), Move(place.Mouth), draw.Mirror ? -yaw : yaw));
        }
    }

    // Mostly upright, sometimes far from it.
    private static float Turn(Random random) => random.Next(3) == 0 ? Between(random, -LargestTurn, LargestTurn) : Between(random, -0.2f, 0.2f);

    private static void Check(TrainingFaces faces)
    {
        if (faces.Table.Faces.FirstOrDefault(f => f.Place is null || f.Angles is null) is { } face)
        {
            throw new DataSetException($"'{face.Path}' has no place of the face or no yaw: the finder learns from the columns sellion_x, sellion_y, mouth_x, mouth_y and yaw.");
        }
    }
}
