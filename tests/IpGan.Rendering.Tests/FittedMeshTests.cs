using System.Numerics;
using IpGan.Rendering.Assets;

namespace IpGan.Rendering.Tests;

public sealed class FittedMeshTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_fitted_mesh_follows_the_shape_and_scales_its_offsets()
    {
        File.WriteAllText(Path.Combine(_folder.Path, "hat.obj"), "v 9 9 9\nv 9 9 9\nv 9 9 9\nf 1 2 3\n");
        var file = Path.Combine(_folder.Path, "hat.mhclo");
        // Vertex 0 hangs between 0 and 1 with an offset along x; 1 is exactly 2; 2 is on 1 with an offset along y, which has no scale.
        File.WriteAllText(file, "obj_file hat.obj\nx_scale 0 1 2.0\nverts 0\ntag between the lines\n0 1 2 0.5 0.5 0 0.1 0 0\n2\n1 1 1 1 0 0 0 0.3 0\n");
        var hat = FittedMesh.Read(file, baseVertices: 3);
        var positions = new Vector3[3];
        hat.Fit([new(0, 0, 0), new(4, 0, 0), new(1, 2, 3)], [0, 1, 2], positions);
        Assert.Equal(new Vector3(2.2f, 0, 0), positions[0]);
        Assert.Equal(new Vector3(1, 2, 3), positions[1]);
        Assert.Equal(new Vector3(4, 0.3f, 0), positions[2]);
    }
}
