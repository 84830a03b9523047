using IpGan.Gateway.Directory;
using IpGan.V1;

namespace IpGan.Gateway.Rotation;

/// <summary>From whoever a request names to one identity vector.</summary>
internal sealed class IdentityResolver(ServiceDirectory directory)
{
    /// <summary>The identity vector of a valid source, in the triple's space; and, of several photos, how well each agrees with it.</summary>
    /// <exception cref="Grpc.Core.RpcException">What a service said, with the part of the request that it is about.</exception>
    public async Task<(Embedding Identity, IReadOnlyList<float> Agreement)> ResolveAsync(RotationSource source, string name, Triple triple, Parts parts)
    {
        switch (source.SourceCase)
        {
            case RotationSource.SourceOneofCase.Identity:
                return (source.Identity, []);
            case RotationSource.SourceOneofCase.Images:
                var each = await Task.WhenAll(source.Images.Images.Select((image, i) => EmbedAsync(image, $"{name}.images[{i}]", triple, parts)));
                var vectors = each.Select((e, i) => Sphere.Unit(e, $"{name}.images[{i}]")).ToList();
                var median = Sphere.Median(vectors);
                return (Embedding(median, triple), [.. vectors.Select(v => (float)Sphere.Cosine(v, median))]);
            case RotationSource.SourceOneofCase.Interpolation:
                var ends = await Task.WhenAll(
                    UnitAsync(source.Interpolation.From, $"{name}.interpolation.from", triple, parts),
                    UnitAsync(source.Interpolation.To, $"{name}.interpolation.to", triple, parts));
                return (Embedding(Sphere.Interpolate(ends[0], ends[1], source.Interpolation.Amount, $"{name}.interpolation"), triple), []);
            case RotationSource.SourceOneofCase.NewPerson:
                var sample = new SampleIdentityRequest { Count = 1, Seed = source.NewPerson.Seed, ModelVersion = triple.Generator };
                var sampled = await parts.RunAsync($"{name}.newPerson", options => directory.CallAsync(
                    Roles.Generator, triple, to => new Generator.GeneratorClient(to).SampleIdentityAsync(sample, options).ResponseAsync));
                return (sampled.Identities[0], []);
            default:
                return (await EmbedAsync(source.Image, $"{name}.image", triple, parts), []);
        }
    }

    /// <summary>As <see cref="ResolveAsync"/>, at length one.</summary>
    public async Task<double[]> UnitAsync(RotationSource source, string name, Triple triple, Parts parts) =>
        Sphere.Unit((await ResolveAsync(source, name, triple, parts)).Identity, name);

    private async Task<Embedding> EmbedAsync(Image image, string name, Triple triple, Parts parts)
    {
        var request = new EmbedRequest { Image = image, ModelVersion = triple.IdentityEncoder };
        var response = await parts.RunAsync(name, options => directory.CallAsync(
            Roles.IdentityEncoder, triple, to => new IdentityEncoder.IdentityEncoderClient(to).EmbedAsync(request, options).ResponseAsync));
        parts.Take(name, response.Crop, response.Face);
        return response.Embedding;
    }

    private static Embedding Embedding(double[] values, Triple triple) =>
        new() { Values = { values.Select(v => (float)v) }, Space = triple.IdentitySpace, ModelVersion = triple.IdentityEncoder };
}
