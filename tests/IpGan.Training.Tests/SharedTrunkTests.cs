using IpGan.Training.Networks;
using IpGan.Training.Pathways;
using static TorchSharp.torch;

namespace IpGan.Training.Tests;

public sealed class SharedTrunkTests : IDisposable
{
    private static readonly NetworkSizes Sizes = TinyPreset.Value.Sizes;

    private readonly int _threads = get_num_threads();
    private readonly ResidualTrunk _trunk = IdentityEncoder.CreateTrunk(Sizes);

    public void Dispose()
    {
        set_num_threads(_threads);
        _trunk.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Gradients_are_those_of_all_of_the_batch_in_every_step(int threads)
    {
        set_num_threads(threads);
        using var shared = new SharedTrunk(_trunk, IdentityEncoder.CreateTrunk(Sizes), CPU);
        for (var step = 0; step < 2; step++)
        {
            var batch = rand(6, 3, 32, 32) * 2 - 1;
            var wanted = rand(6, 16, 4, 4);
            Tensor Loss(Tensor features) => (features - wanted).square().mean();

            Tensor Every(int first) => batch[TensorIndex.Slice(first, step: 2)];
            // A half is normalised by itself in two lanes, all of it in one.
            Forget();
            Loss(threads == 1 ? _trunk.forward(batch) : stack([_trunk.forward(Every(0)), _trunk.forward(Every(1))], 1).flatten(0, 1)).backward();
            var expected = Gradients();
            Forget();
            shared.Learn(batch, Loss);

            Assert.All(expected.Zip(Gradients()), pair => Assert.True(pair.First.allclose(pair.Second, rtol: 1e-3, atol: 1e-5)));
            Assert.Contains(expected, g => g.abs().max().item<float>() > 1e-3f);
            // As a step of the optimizer would.
            using var none = no_grad();
            foreach (var parameter in _trunk.parameters())
            {
                parameter.add_(rand_like(parameter), alpha: 0.1);
            }
        }
    }

    private void Forget()
    {
        foreach (var parameter in _trunk.parameters())
        {
            parameter.grad = null;
        }
    }

    private List<Tensor> Gradients() => [.. _trunk.parameters().Select(p => p.grad!.clone())];
}
