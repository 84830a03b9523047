using IpGan.Tests;
using IpGan.Training.Data;
using IpGan.Training.Pathways;
using static TorchSharp.torch;

namespace IpGan.Training.Tests;

public sealed class LanesTests : IDisposable
{
    private readonly int _threads = get_num_threads();

    public LanesTests() => set_num_threads(2);

    public void Dispose() => set_num_threads(_threads);

    [Fact]
    public void Two_lanes_run_beside_each_other_and_the_threads_are_given_back()
    {
        using var both = new Barrier(2);
        var within = new int[2];
        void Lane(int i)
        {
            within[i] = get_num_threads();
            Assert.True(both.SignalAndWait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        }
        Lanes.Run(CPU, () => Lane(0), () => Lane(1));
        Assert.Equal([1, 1], within);
        Assert.Equal(2, get_num_threads());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_fails_in_either_lane_fails_the_whole_and_the_other_one_ends_first(bool first)
    {
        var ended = false;
        void Fail() => throw new InvalidOperationException("lane");
        void End() => ended = true;
        var error = Assert.Throws<InvalidOperationException>(() => Lanes.Run(CPU, first ? Fail : End, first ? End : Fail));
        Assert.Equal("lane", error.Message);
        Assert.True(ended);
        Assert.Equal(2, get_num_threads());
    }

    [Fact]
    public void A_run_on_two_lanes_can_be_repeated()
    {
        using var data = new TinyDataSet();
        // What follows after has no lanes.
        var preset = TinyPreset.Value with { ReconstructionTriples = TinyPreset.Value.Triples };
        float[] Train(string name)
        {
            using var run = new TrainingRun(
                data.Load(), preset, new TrainingRunOptions { Folder = Path.Combine(data.Folder, name), Precision = ScalarType.Float32 }, CPU, null);
            run.Train(_ => { }, (_, _) => { }, TestContext.Current.CancellationToken);
            return [.. run.Networks.All.SelectMany(n => n.Module.parameters()).SelectMany(p => p.detach().contiguous().data<float>().ToArray())];
        }
        var (one, other) = (Train("one"), Train("other"));
        // Adam makes a whole step of a gradient that is all rounding: single weights may part. Another draw, or the gradient of one lane lost, parts all of them.
        var distance = Math.Sqrt(one.Zip(other, (a, b) => (a - b) * (double)(a - b)).Sum() / one.Sum(a => a * (double)a));
        Assert.InRange(distance, 0, 1e-3);
    }

    [Fact]
    public void Batches_come_in_the_order_of_the_steps_and_none_is_lost_undisposed()
    {
        var open = new HashSet<long>();
        Batch Create(long step)
        {
            lock (open)
            {
                open.Add(step);
            }
            return new Batch(step, open);
        }
        using (var ahead = new LoadedAhead<Batch>(Create))
        {
            foreach (var step in (long[])[0, 1, 2, 7, 8])
            {
                using var batch = ahead.Take(step);
                Assert.Equal(step, batch.Step);
            }
        }
        Assert.Empty(open);
    }

    [Fact]
    public void A_batch_that_fails_ahead_fails_its_step_alone()
    {
        using (var ahead = new LoadedAhead<Batch>(step => step == 1 ? throw new IOException("gone") : new Batch(step, [])))
        {
            ahead.Take(0).Dispose();
        }
        using var asked = new LoadedAhead<Batch>(step => step == 1 ? throw new IOException("gone") : new Batch(step, []));
        asked.Take(0).Dispose();
        Assert.Equal("gone", Assert.Throws<IOException>(() => asked.Take(1)).Message);
    }

    private sealed record Batch(long Step, HashSet<long> Open) : IDisposable
    {
        public void Dispose()
        {
            lock (Open)
            {
                Open.Remove(Step);
            }
        }
    }
}
