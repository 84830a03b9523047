using System.IO.Compression;
using System.Numerics;
using IpGan.Rendering.Assets;
using IpGan.Rendering.People;

namespace IpGan.Rendering.Tests;

/// <summary>Modes of real heads on MakeHuman's mesh.</summary>
public sealed class FaceKitTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_modes_of_scans_move_faces_by_millimetres_and_leave_the_shoulders()
    {
        var assets = MakeHumanAssets.Read(SharedData.Folder("makehuman"), SharedData.Folder("ict-facekit"));
        Assert.Equal(100, assets.Scans.Count);
        // All modes with unit-normal weights: what the spread of real people is at a vertex, in millimetres.
        double Spread(int vertex) => 100 * Math.Sqrt(assets.Scans.Sum(s => Offset(assets, s, vertex).LengthSquared()));
        Assert.InRange(Spread(Person.Sellion), 1, 12);
        Assert.InRange(Spread(NoseTip), 1, 12);
        Assert.InRange(Spread(Chin), 2, 15);
        var shoulder = Enumerable.Range(0, assets.BaseShape.Length).First(v => assets.BaseShape[v].Y is > 4.9f and < 5.3f);
        Assert.Equal(0, Spread(shoulder));
        // An eyeball keeps its shape.
        var eye = Enumerable.Range(0, assets.Eyes.Surface.Vertices).ToArray();
        var (before, after) = (new Vector3[eye.Length], new Vector3[eye.Length]);
        assets.Eyes.Fit(assets.BaseShape, before);
        var shape = (Vector3[])assets.BaseShape.Clone();
        assets.Scans[0].AddTo(shape, 2);
        assets.Eyes.Fit(shape, after);
        var left = eye.Where(v => before[v].X > 0).ToArray();
        var sizes = left.Skip(1).Select(v => (Before: Vector3.Distance(before[v], before[left[0]]), After: Vector3.Distance(after[v], after[left[0]])));
        Assert.All(sizes, s => Assert.Equal(s.Before, s.After, 0.02f));
    }

    [Fact]
    public void With_scans_the_same_person_has_the_same_skin_and_another_shape()
    {
        var (makeHuman, faceKit) = (SharedData.Folder("makehuman"), SharedData.Folder("ict-facekit"));
        var (plain, scanned) = (Traits.Draw(MakeHumanAssets.Read(makeHuman), 1, 3), Traits.Draw(MakeHumanAssets.Read(makeHuman, faceKit), 1, 3));
        Assert.Empty(plain.Scans);
        Assert.Equal(100, scanned.Scans.Count);
        Assert.Equal(plain.Skins.Select(s => s.Skin.Name), scanned.Skins.Select(s => s.Skin.Name));
        Assert.True(scanned.Sliders.Sum(s => Math.Abs(s.Amount)) < plain.Sliders.Sum(s => Math.Abs(s.Amount)));
    }

    [Fact]
    public void An_array_is_read_with_its_shape()
    {
        var (values, shape) = Open("<f4", "(2, 3)", [.. Enumerable.Range(0, 6).SelectMany(i => BitConverter.GetBytes((float)i))]).Read("x");
        Assert.Equal([2, 3], shape);
        Assert.Equal([0, 1, 2, 3, 4, 5], values);
        Assert.Equal([1.5f], Open("<f2", "(1,)", BitConverter.GetBytes((Half)1.5f)).Read("x").Values);
    }

    [Fact]
    public void An_array_that_is_missing_of_another_type_or_cut_off_is_refused_by_name()
    {
        Assert.Contains("has no array 'y'", Assert.Throws<AssetException>(() => Open("<f4", "(1,)", new byte[4]).Read("y")).Message);
        Assert.Contains("must be float16 or float32", Assert.Throws<AssetException>(() => Open("<i8", "(1,)", new byte[8]).Read("x")).Message);
        Assert.Contains("'x' is damaged", Assert.Throws<AssetException>(() => Open("<f4", "(2,)", new byte[4]).Read("x")).Message);
        Assert.Contains("cannot be read", Assert.Throws<AssetException>(() => new NpzFile(Path.Combine(_folder.Path, "none.npz"))).Message);
    }

    private const int NoseTip = 297;
    private const int Chin = 5296;

    private static Vector3 Offset(MakeHumanAssets assets, MorphTarget target, int vertex)
    {
        var shape = new Vector3[assets.BaseShape.Length];
        target.AddTo(shape, 1);
        return shape[vertex];
    }

    private NpzFile Open(string type, string shape, byte[] data)
    {
        var path = Path.Combine(_folder.Path, $"{Guid.NewGuid():N}.npz");
        using (var zip = ZipFile.Open(path, ZipArchiveMode.Create))
        using (var writer = new BinaryWriter(zip.CreateEntry("x.npy").Open()))
        {
            var header = $"{{'descr': '{type}', 'fortran_order': False, 'shape': {shape}, }}\n";
            writer.Write([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0]);
            writer.Write((ushort)header.Length);
            writer.Write(System.Text.Encoding.ASCII.GetBytes(header));
            writer.Write(data);
        }
        return new NpzFile(path);
    }
}
