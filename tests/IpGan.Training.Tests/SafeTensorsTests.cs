using IpGan.Training.Checkpoints;
using static TorchSharp.torch;

namespace IpGan.Training.Tests;

public sealed class SafeTensorsTests : IDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.safetensors");

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void Tensors_and_metadata_come_back()
    {
        var a = randn(2, 3);
        var b = randn(5).to(ScalarType.Float16);
        var c = tensor(7L);
        SafeTensors.Write(_file, [("a", a), ("b", b), ("c", c)], new Dictionary<string, string> { ["k"] = "v" });
        var (tensors, metadata) = SafeTensors.Read(_file);
        Assert.Equal("v", metadata["k"]);
        Assert.True(tensors["a"].allclose(a));
        Assert.Equal(ScalarType.Float16, tensors["b"].dtype);
        Assert.Equal(7L, tensors["c"].item<long>());
    }

    [Theory]
    [InlineData(4)]
    [InlineData(40)]
    [InlineData(-4)]
    public void A_truncated_file_is_refused(int length)
    {
        SafeTensors.Write(_file, [("a", randn(2, 3))], new Dictionary<string, string>());
        var bytes = File.ReadAllBytes(_file);
        File.WriteAllBytes(_file, bytes[..(length > 0 ? length : bytes.Length + length)]);
        Assert.Throws<InvalidDataException>(() => SafeTensors.Read(_file));
    }

    [Theory]
    [InlineData("not JSON at all")]
    [InlineData("[1, 2]")]
    [InlineData("{\"a\": 7}")]
    [InlineData("{\"a\": {\"dtype\": \"F32\", \"shape\": [1]}}")]
    [InlineData("{\"a\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [-4, 0]}}")]
    [InlineData("{\"a\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [0, 8]}}")]
    [InlineData("{\"a\": {\"dtype\": \"BOOL\", \"shape\": [1], \"data_offsets\": [0, 1]}}")]
    public void A_file_of_another_kind_is_refused_by_name(string header)
    {
        File.WriteAllBytes(_file, [.. BitConverter.GetBytes((ulong)header.Length), .. System.Text.Encoding.UTF8.GetBytes(header), 0, 0, 0, 0]);
        var error = Assert.Throws<InvalidDataException>(() => SafeTensors.Read(_file));
        Assert.True(error.Message.Contains(_file, StringComparison.Ordinal) || error.Message.Contains("BOOL", StringComparison.Ordinal), error.Message);
    }

    [Fact]
    public void Metadata_is_read_without_the_tensors()
    {
        SafeTensors.Write(_file, [("a", randn(2, 3))], new Dictionary<string, string> { ["k"] = "v" });
        using (var stream = File.OpenWrite(_file))
        {
            stream.SetLength(stream.Length - 4);
        }
        Assert.Equal("v", SafeTensors.ReadMetadata(_file)["k"]);
    }
}
