using IpGan.Tests;
using IpGan.Training.Data;
using IpGan.Training.Networks;
using IpGan.Training.Pathways;
using static TorchSharp.torch;

namespace IpGan.Training.Tests;

public sealed class JointStepTests : IDisposable
{
    private readonly TinyDataSet _data = new();
    private readonly TrainingFaces _faces;
    private readonly NetworkSet _networks;

    public JointStepTests()
    {
        _faces = _data.Load();
        random.manual_seed(1);
        _networks = new NetworkSet(TinyPreset.Value.Sizes, _faces.Classes, CPU);
    }

    public void Dispose()
    {
        _networks.Dispose();
        _data.Dispose();
    }

    private Dictionary<string, double> Run(TrainingPreset preset, long triplesSeen)
    {
        FaceBatch Batch(int first) => FaceBatch.Create(_faces, [.. Enumerable.Range(first, 8).Select(i => new FaceDraw(i, false))], CPU);
        using var triple = new Triple(Batch(0), Batch(4), Batch(8));
        using var optimizers = new Optimizers(_networks);
        using var step = new JointStep(_networks, preset, ScalarType.Float32, optimizers);
        return step.Run(triple, triplesSeen, step: 0);
    }

    [Theory]
    [InlineData(1, 0, 0)]
    [InlineData(1, 0.4, 0)]
    [InlineData(0.4, 0, 0)]
    [InlineData(0.3, 0.4, 0.3)]
    public void The_discriminator_weighs_photos_as_it_weighs_what_is_drawn(double same, double cross, double prior)
    {
        using (no_grad())
        {
            // It says 0 of everything: each term is log 2.
            foreach (var parameter in _networks.Discriminator.parameters())
            {
                parameter.zero_();
            }
        }
        var terms = Run(TinyPreset.Value with { Weights = new() { AdversarialSame = same, AdversarialCross = cross, AdversarialPrior = prior } }, triplesSeen: 8);
        Assert.Equal(2 * (same + cross + prior) * Math.Log(2), terms["D"], 1e-5);
    }

    [Theory]
    [InlineData(23, false)]
    [InlineData(24, true)]
    public void The_identity_encoder_stands_still_for_some_triples_after_those_of_reproduction(long triplesSeen, bool moves)
    {
        // 8 triples of reproduction, then 16.
        var weight = _networks.Identity.Head.weight;
        using var before = weight.detach().clone();
        Run(TinyPreset.Value, triplesSeen);
        Assert.Equal(moves, !weight.equal(before).all().item<bool>());
    }
}
