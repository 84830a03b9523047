using IpGan.Rendering.Assets;

namespace IpGan.Rendering.Tests;

/// <summary>A broken or missing asset: the message names the file, the line, and what is wrong there.</summary>
public sealed class BrokenAssetsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("v 0 0\nf 1 1 1", 1, "word 4 should be a number, but is missing")]
    [InlineData("# note\nv 0 0 zero\n", 2, "word 4 should be a number, but is 'zero'")]
    [InlineData("v 0 0 NaN\n", 1, "'NaN'")]
    [InlineData("v 0 0 0\nv 1 0 0\nf 1 2\n", 3, "three corners or more, but has 2")]
    [InlineData("v 0 0 0\nv 1 0 0\nv 1 1 0\n\nf 1 2 4\n", 5, "'4' is no vertex: there are 3")]
    [InlineData("v 0 0 0\nv 1 0 0\nv 1 1 0\nf 1/1 2/1 3/1\n", 4, "'1' is no texture coordinate: there are 0")]
    public void A_mesh_with_a_broken_line_is_refused_with_its_number(string text, int line, string what)
    {
        var file = Write("broken.obj", text);
        var e = Assert.Throws<AssetException>(() => ObjMesh.Read(file));
        Assert.StartsWith($"'{file}', line {line}: ", e.Message);
        Assert.Contains(what, e.Message);
    }

    [Fact]
    public void A_file_without_faces_is_no_mesh()
    {
        var e = Assert.Throws<AssetException>(() => ObjMesh.Read(Write("empty.obj", "v 0 0 0\n")));
        Assert.Contains("has no faces", e.Message);
    }

    [Theory]
    [InlineData("0 1 0 0\n7 0 0 0\n", 2, "a vertex from 0 to 6, but is '7'")]
    [InlineData("0 1 0\n", 1, "has 3 words")]
    [InlineData("-1 0 0 0\n", 1, "'-1'")]
    public void A_target_with_a_broken_line_is_refused_with_its_number(string text, int line, string what)
    {
        var file = Write("broken.target", text);
        var e = Assert.Throws<AssetException>(() => MorphTarget.Read(file, vertices: 7));
        Assert.StartsWith($"'{file}', line {line}: ", e.Message);
        Assert.Contains(what, e.Message);
    }

    [Theory]
    [InlineData("obj_file hat.obj\nverts 0\n0 1 9 1 0 0 0 0 0\n", "', line 3: word 3 should be a vertex from 0 to 6, but is '9'.")]
    [InlineData("obj_file hat.obj\nx_scale 0 1 0\n", "', line 2: the length of a scale must be above 0.")]
    [InlineData("obj_file hat.obj\nverts 0\n0\n1\n", "binds 2 vertices, but 'hat.obj' has 3.")]
    [InlineData("verts 0\n0\n", "has no line 'obj_file NAME'")]
    [InlineData("obj_file cap.obj\nverts 0\n0\n", "cap.obj' cannot be read")]
    public void A_fitted_mesh_that_is_broken_is_refused(string text, string what)
    {
        Write("hat.obj", "v 0 0 0\nv 1 0 0\nv 1 1 0\nf 1 2 3\n");
        var e = Assert.Throws<AssetException>(() => FittedMesh.Read(Write("hat.mhclo", text), baseVertices: 7));
        Assert.Contains(what, e.Message);
    }

    [Fact]
    public void A_texture_that_is_a_pointer_is_refused_with_advice()
    {
        var e = Assert.Throws<AssetException>(() => TextureFile.Read(Write("skin.png", "version https://git-lfs.github.com/spec/v1")));
        Assert.Contains("Git LFS pointer", e.Message);
    }

    [Fact]
    public void A_missing_texture_is_named()
    {
        Write("hat.mhmat", "diffuseTexture straw.png\n");
        var e = Assert.Throws<AssetException>(() => AssetFolder.TextureOf(Path.Combine(_folder.Path, "hat.mhclo")));
        Assert.Contains("straw.png", e.Message);
    }

    [Fact]
    public void Textures_are_found_whatever_their_capitals()
    {
        Write("hat.mhmat", "diffuseTexture Straw.PNG\n");
        var file = Write("straw.png", "");
        Assert.Equal(file, AssetFolder.TextureOf(Path.Combine(_folder.Path, "hat.mhclo")));
    }

    [Fact]
    public void A_folder_without_the_base_mesh_is_refused()
    {
        var e = Assert.Throws<AssetException>(() => MakeHumanAssets.Read(_folder.Path));
        Assert.Contains("3dobjs/base.obj", e.Message);
    }

    [Fact]
    public void A_mesh_that_is_not_the_base_mesh_is_refused()
    {
        Write(Path.Combine("data", "3dobjs", "base.obj"), "v 0 0 0\nv 1 0 0\nv 1 1 0\nf 1 2 3\n");
        var e = Assert.Throws<AssetException>(() => MakeHumanAssets.Read(_folder.Path));
        Assert.Contains("has 3 vertices; MakeHuman's base mesh hm08 has 19158", e.Message);
    }

    private string Write(string name, string text)
    {
        var file = Path.Combine(_folder.Path, name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
        return file;
    }
}
