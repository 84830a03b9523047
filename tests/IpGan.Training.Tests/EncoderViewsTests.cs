using IpGan.Tests;
using IpGan.Training.Data;
using IpGan.Training.Pathways;
using static TorchSharp.torch;

namespace IpGan.Training.Tests;

public sealed class EncoderViewsTests : IDisposable
{
    private readonly TinyDataSet _data = new();
    private readonly TrainingFaces _faces;

    public EncoderViewsTests() => _faces = _data.Load();

    public void Dispose() => _data.Dispose();

    [Fact]
    public void Views_follow_from_their_seed_whatever_else_draws_random_numbers()
    {
        using var one = Create(seed: 3);
        _ = rand(100);
        using var same = Create(seed: 3);
        using var other = Create(seed: 4);
        Assert.True(one.Identity.equal(same.Identity).all().item<bool>());
        Assert.True(one.Pose!.equal(same.Pose!).all().item<bool>());
        Assert.False(one.Identity.equal(other.Identity).all().item<bool>());
        Assert.False(one.Pose!.equal(other.Pose!).all().item<bool>());
    }

    [Fact]
    public void Without_a_view_for_the_pose_encoder_the_identity_encoder_s_is_the_same()
    {
        using var both = Create(seed: 3);
        using var alone = Create(seed: 3, pose: false);
        Assert.Null(alone.Pose);
        Assert.True(alone.Identity.equal(both.Identity).all().item<bool>());
    }

    [Fact]
    public void The_process_own_random_numbers_and_threads_are_left_alone()
    {
        random.manual_seed(5);
        using var expected = rand(4);
        random.manual_seed(5);
        set_num_threads(2);
        try
        {
            using var batch = Create(seed: 3);
            using var seen = rand(4);
            Assert.Equal(expected.data<float>().ToArray(), seen.data<float>().ToArray());
            Assert.Equal(2, get_num_threads());
        }
        finally
        {
            set_num_threads(1);
        }
    }

    private EncoderViews Create(int seed, bool pose = true) => EncoderViews.Create(FaceBatch.Create(_faces, [.. Enumerable.Range(0, 8).Select(i => new FaceDraw(i, false))], CPU), seed, pose);
}
