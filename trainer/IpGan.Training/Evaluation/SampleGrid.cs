using IpGan.Imaging;
using IpGan.Training.Data;
using IpGan.Training.Networks;
using static TorchSharp.torch;

namespace IpGan.Training.Evaluation;

/// <summary>
/// The picture by which a run is judged. The first row holds reference photos from the left to the right profile; each further row a photo of a
/// validation person and that person in each reference's pose; the last row people who are none: each half-way between two of the grid's, moved a little.
/// </summary>
public sealed class SampleGrid
{
    private static readonly float[] Yaws = [-70, -50, -35, -20, 0, 20, 35, 50, 70];

    private readonly TrainingFaces _faces;
    private readonly List<int> _sources;
    private readonly List<int> _references;

    /// <summary>Chooses sources and references: the same ones for the same table and seed.</summary>
    public SampleGrid(TrainingFaces faces, int people = 8, int seed = 0)
    {
        _faces = faces;
        var table = faces.Table.Faces;
        var random = new Random(seed);
        var pool = Enumerable.Range(0, table.Count).Where(i => table[i].Validation).ToList();
        if (pool.Count == 0)
        {
            pool = [.. Enumerable.Range(0, table.Count)];
        }
        _sources = [.. pool.GroupBy(i => table[i].Identity).OrderBy(_ => random.Next()).Take(people)
            .Select(g => g.FirstOrDefault(i => table[i].Frontal, g.First()))];
        var posed = pool.Where(i => table[i].Angles is not null && !_sources.Contains(i)).ToList();
        _references = posed.Count > 0
            ? [.. Yaws.Select(yaw => posed.OrderBy(i => Math.Abs(table[i].Angles!.Value.Yaw - yaw)).Take(4).OrderBy(_ => random.Next()).First())]
            : [.. pool.OrderBy(_ => random.Next()).Take(Yaws.Length)];
    }

    /// <summary>Draws the grid with the averaged networks and writes it as PNG.</summary>
    public void Write(NetworkSet networks, string file)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var columns = _references.Count + 1;
        var grid = new PictureGrid(columns, _sources.Count + 2, _faces.Packed.Size);
        void Put(Tensor picture, int row, int column) =>
            grid.Set(column, row, picture.clamp(-1, 1).contiguous().cpu().data<float>().ToArray());
        using var references = FaceBatch.Create(_faces, _references.ConvertAll(i => new FaceDraw(i, false)), networks.Device);
        using var sources = FaceBatch.Create(_faces, _sources.ConvertAll(i => new FaceDraw(i, false)), networks.Device);
        var poses = networks.AveragePose.forward(references.Pictures);
        var identities = networks.AverageIdentity.forward(sources.Pictures);
        for (var c = 0; c < _references.Count; c++)
        {
            Put(references.Pictures[c], 0, c + 1);
        }
        for (var r = 0; r < _sources.Count; r++)
        {
            Put(sources.Pictures[r], r + 1, 0);
            var drawn = networks.AverageGenerator.forward(identities[r].unsqueeze(0).expand(_references.Count, -1), poses);
            for (var c = 0; c < _references.Count; c++)
            {
                Put(drawn[c], r + 1, c + 1);
            }
        }
        // New people: between two of the sources, moved off them, in poses from the prior.
        // TorchSharp's generators are the CPU's; and so the people are the same on every device.
        using var generator = new TorchSharp.torch.Generator(5);
        var order = arange(columns, device: networks.Device);
        var first = identities.index_select(0, order % _sources.Count);
        var second = identities.index_select(0, (order * 3 + 1) % _sources.Count);
        var noise = randn(first.shape, generator: generator).to(networks.Device) / Math.Sqrt(first.shape[1]);
        var sampled = nn.functional.normalize(first + second + noise, p: 2, dim: 1);
        var prior = networks.AverageGenerator.forward(
            sampled, randn([columns, networks.Sizes.PoseDimension], generator: generator).to(networks.Device));
        for (var c = 0; c < columns; c++)
        {
            Put(prior[c], _sources.Count + 1, c);
        }
        File.WriteAllBytes(file, grid.ToPng());
    }
}
