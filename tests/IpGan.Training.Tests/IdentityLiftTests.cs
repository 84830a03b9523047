using IpGan.Tests;
using IpGan.Training.Checkpoints;
using IpGan.Training.Data;
using IpGan.Training.Networks;
using IpGan.Training.Pathways;
using static TorchSharp.torch;

namespace IpGan.Training.Tests;

public sealed class IdentityLiftTests : IDisposable
{
    private static readonly TrainingPreset Preset = TinyPreset.Value;

    private readonly TinyDataSet _data = new();
    private readonly TrainingFaces _faces;
    private readonly NetworkSet _networks;

    public IdentityLiftTests()
    {
        _faces = _data.Load();
        random.manual_seed(1);
        _networks = new NetworkSet(Preset.Sizes, 4, CPU);
        using var _ = no_grad();
        foreach (var head in new[] { _networks.Identity.Head, _networks.AverageIdentity.Head })
        {
            // A direction that no face uses.
            head.weight[3].zero_();
            head.bias![3] = 0;
        }
    }

    public void Dispose()
    {
        _networks.Dispose();
        _data.Dispose();
    }

    [Fact]
    public void The_lift_lies_where_no_face_is_and_vectors_keep_the_order_of_distances()
    {
        IdentityLift.Set(_networks, _faces);
        using var _ = no_grad();
        var (picture, encoder) = (Pictures(), _networks.AverageIdentity);
        var answers = encoder.Answers(picture);
        var lift = encoder.Lift.data<float>().ToArray();
        var length = new Evaluation.FaceVectors(_networks, _faces).Answers([.. _faces.Indices]).Average(a => System.Numerics.Tensors.TensorPrimitives.Norm<float>(a));
        Assert.Equal(0.4, Math.Abs(lift[3]) / length, 0.01);
        Assert.All(lift.Where((_, i) => i != 3), x => Assert.Equal(0, x, 1e-3f));
        Assert.Equal(lift, _networks.Identity.Lift.data<float>().ToArray());

        var vectors = encoder.forward(picture);
        Assert.True((vectors.norm(1) - 1).abs().max().item<float>() < 1e-5f);
        Assert.True(vectors.allclose(nn.functional.normalize(answers + encoder.Lift, p: 2, dim: 1), atol: 1e-6));
        var directions = new Evaluation.FaceVectors(_networks, _faces).Directions([.. _faces.Indices.Take(8)]);
        Assert.True(tensor(directions.SelectMany(d => d).ToArray(), [8, Preset.Sizes.IdentityDimension]).allclose(nn.functional.normalize(answers, p: 2, dim: 1), atol: 1e-6));
    }

    [Fact]
    public void The_generator_goes_on_drawing_what_it_drew_however_often_the_lift_is_set()
    {
        using var _ = no_grad();
        var (picture, pose) = (Pictures(), zeros(8, Preset.Sizes.PoseDimension));
        var before = _networks.AverageGenerator.forward(_networks.AverageIdentity.forward(picture), pose);
        var unlike = before.roll(1, 0);
        IdentityLift.Set(_networks, _faces);
        IdentityLift.Set(_networks, _faces);
        var after = _networks.AverageGenerator.forward(_networks.AverageIdentity.forward(picture), pose);
        // Up to how much the lengths of answers differ, which random networks do more than trained ones.
        Assert.InRange((after - before).norm().item<float>() / (unlike - before).norm().item<float>(), 0, 0.3f);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void What_the_generator_has_learnt_of_the_old_lift_stays_when_it_is_set_again(double longer)
    {
        using var _ = no_grad();
        IdentityLift.Set(_networks, _faces);
        // Along the lift all vectors have about the same, which training uses as one more bias.
        var weight = _networks.AverageGenerator.Map1.weight;
        weight[TensorIndex.Colon, ..Preset.Sizes.IdentityDimension].copy_(weight[TensorIndex.Colon, ..Preset.Sizes.IdentityDimension] + _networks.AverageIdentity.Lift / _networks.AverageIdentity.Lift.norm());
        var (picture, pose) = (Pictures(), zeros(8, Preset.Sizes.PoseDimension));
        Tensor Drawn() => _networks.AverageGenerator.forward(_networks.AverageIdentity.forward(picture), pose);
        var before = Drawn();
        var weights = _networks.AverageGenerator.Map1.bias!.clone();
        // An encoder that has learnt in the meantime may give longer answers.
        _networks.AverageIdentity.Head.weight.mul_(longer);
        _networks.AverageIdentity.Head.bias?.mul_(longer);
        IdentityLift.Set(_networks, _faces);
        var kept = (Drawn() - before).norm().item<float>();
        _networks.AverageGenerator.Map1.bias!.copy_(weights);
        var lost = (Drawn() - before).norm().item<float>();
        Assert.InRange(kept / lost, 0, 0.5);
    }

    [Fact]
    public void An_encoder_that_is_to_speak_a_space_takes_its_lift_unless_it_has_it()
    {
        using var _ = no_grad();
        var encoder = _networks.AverageIdentity;
        Dictionary<int, float[]> Vectors() => _faces.Indices.Zip(new Evaluation.FaceVectors(_networks, _faces).Identities([.. _faces.Indices])).ToDictionary(p => p.First, p => p.Second);
        void Lift(int along, float length)
        {
            var lift = zeros(Preset.Sizes.IdentityDimension);
            lift[along] = length;
            _networks.Identity.Lift.copy_(lift);
            encoder.Lift.copy_(lift);
        }
        var length = encoder.Answers(Pictures()).norm(1).mean().item<float>();
        Lift(3, 2 * length);
        var space = Vectors();
        // Its own is exact, whatever the vectors share beside it.
        IdentityLift.SetTo(_networks, _faces, space);
        Assert.Equal(2 * length, encoder.Lift[3].item<float>(), 1e-4f * length);
        // Another one, or none, is changed to what they share.
        foreach (var other in new[] { 2 * length, 0 })
        {
            Lift(5, other);
            IdentityLift.SetTo(_networks, _faces, space);
            Assert.True(encoder.Lift[3].item<float>() > length);
            Assert.True(encoder.Lift.equal(_networks.Identity.Lift).all().item<bool>());
            Assert.True(Vectors().All(v => v.Value.Zip(space[v.Key], (a, b) => a * b).Sum() > 0.9));
        }
    }

    [Fact]
    public void A_run_sets_it_when_the_encoders_are_done_and_older_files_have_none()
    {
        var both = Train("both", Preset);
        Assert.True(Length(both) > 0);

        var (tensors, metadata) = SafeTensors.Read(both);
        var old = Path.Combine(_data.Folder, "old.safetensors");
        SafeTensors.Write(old, tensors.Where(t => !t.Key.EndsWith("lift", StringComparison.Ordinal)).Select(t => (t.Key, t.Value)), metadata);
        Assert.Equal(0, Length(old));
        // Nor get one later: their generator has learnt from vectors without.
        Assert.Equal(0, Length(Train("older", Preset with { Triples = 56 }, old)));
    }

    [Fact]
    public void A_run_whose_encoders_are_done_because_it_goes_on_with_fewer_pictures_gets_its_lift_then()
    {
        var longer = Train("run", Preset with { EncoderPictures = Preset.EncoderPictures + 1 }, stopAt: Preset.EncoderPictures);
        Assert.Equal(0, Length(longer));
        Assert.True(Length(Train("run", Preset with { Triples = 8 }, longer)) > 0);
        // Where encoders never learn alone there is none.
        Assert.Equal(0, Length(Train("without", Preset with { EncoderPictures = 0, Triples = 8 })));
    }

    private string Train(string name, TrainingPreset preset, string? resume = null, long stopAt = long.MaxValue)
    {
        var folder = Path.Combine(_data.Folder, name);
        using var stop = new CancellationTokenSource();
        using var run = new TrainingRun(_faces, preset, new TrainingRunOptions { Folder = folder, Precision = ScalarType.Float32 }, CPU, resume);
        run.Train(
            p =>
            {
                if (p.State.EncoderPictures >= stopAt)
                {
                    stop.Cancel();
                }
            },
            (_, _) => { }, stop.Token);
        return Checkpoint.PathIn(folder);
    }

    private float Length(string file)
    {
        using var networks = new NetworkSet(Preset.Sizes, _faces.Classes, CPU);
        Checkpoint.Load(file, networks, null);
        return networks.AverageIdentity.Lift.norm().item<float>();
    }

    private Tensor Pictures()
    {
        using var batch = FaceBatch.Create(_faces, [.. _faces.Indices.Take(8).Select(i => new FaceDraw(i, false))], CPU);
        return batch.Pictures.clone();
    }
}
