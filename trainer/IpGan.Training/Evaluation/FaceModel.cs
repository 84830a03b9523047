using IpGan.Models;
using IpGan.Onnx;
using IpGan.Training.Checkpoints;
using IpGan.Training.Export;
using IpGan.Training.Networks;
using static TorchSharp.torch;

namespace IpGan.Training.Evaluation;

/// <summary>
/// The three networks of a model as functions of pictures [N, 3, S, S] in [−1, 1], of any size S: networks of a run, or published packages. So that models
/// of different kinds can be measured side by side.
/// </summary>
public sealed class FaceModel : IDisposable
{
    private readonly int _size;
    private readonly Func<Tensor, Tensor> _identity;
    private readonly Func<Tensor, Tensor> _pose;
    private readonly Func<Tensor, Tensor, Tensor> _draw;
    private readonly IReadOnlyList<IDisposable> _owned;

    private FaceModel(
        int size, Func<Tensor, Tensor> identity, Func<Tensor, Tensor> pose, Func<Tensor, Tensor, Tensor> draw, IReadOnlyList<IDisposable> owned)
    {
        (_size, _identity, _pose, _draw, _owned) = (size, identity, pose, draw, owned);
    }

    /// <summary>The space of its identity vectors; null for networks that were never published.</summary>
    public VectorSpace? IdentitySpace { get; private init; }

    /// <summary>The space of its pose vectors; null for networks that were never published.</summary>
    public VectorSpace? PoseSpace { get; private init; }

    /// <summary>The table from angles to pose vectors; null for networks that were never published.</summary>
    public PoseAnchors? Anchors { get; private init; }

    /// <summary>Ways from older identity spaces into its own; none for networks that were never published.</summary>
    public IReadOnlyList<FittedBridge> Bridges { get; private init; } = [];

    /// <summary>The averaged networks of a run; they stay the caller's.</summary>
    public static FaceModel Of(NetworkSet networks) => new(
        networks.Sizes.ImageSize, x => networks.AverageIdentity.forward(x.to(networks.Device).ChannelsLast()),
        x => networks.AveragePose.forward(x.to(networks.Device).ChannelsLast()),
        (i, p) => networks.AverageGenerator.forward(i.to(networks.Device), p.to(networks.Device)), []);

    /// <summary>A model repository (its newest complete triple of one space), a run's folder, or a weights file.</summary>
    /// <param name="place">Where it is.</param>
    /// <param name="ready">What export would do to the networks of a run before it publishes them; null: nothing.</param>
    /// <exception cref="ArgumentException">It is none of them.</exception>
    public static FaceModel Open(string place, Action<NetworkSet, TrainingPreset>? ready = null)
    {
        var repository = new ModelRepository(place);
        if (repository.Versions(ModelRole.Generator).Count > 0)
        {
            return OfPackages(repository, _ => true, first: false);
        }
        var file = Directory.Exists(place) ? Checkpoint.PathIn(place) : place;
        if (!File.Exists(file))
        {
            throw new ArgumentException($"'{place}' is neither a model repository (ROLE/VERSION), nor a run's folder, nor a weights file.");
        }
        var (preset, classes) = Checkpoint.ReadOrigin(file);
        var networks = new NetworkSet(preset.Sizes, classes, CPU);
        Checkpoint.Load(file, networks, optimizers: null);
        ready?.Invoke(networks, preset);
        var model = Of(networks);
        return new FaceModel(model._size, model._identity, model._pose, model._draw, [networks]);
    }

    /// <summary>
    /// The triple of a model repository that made a space: the first encoders that spoke it, not those that were trained into it later. Were each update
    /// measured against the one before, the space would drift away from the vectors that are in use.
    /// </summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static FaceModel OfSpace(string repository, string space) =>
        OfPackages(new ModelRepository(repository), m => m.IdentitySpace?.Name == space || m.PoseSpace?.Name == space, first: true);

    /// <summary>Identity vectors [N, D].</summary>
    public Tensor Identity(Tensor pictures) => _identity(Resize(pictures, _size));

    /// <summary>Pose vectors [N, P].</summary>
    public Tensor Pose(Tensor pictures) => _pose(Resize(pictures, _size));

    /// <summary>Pictures [N, 3, <paramref name="size"/>, <paramref name="size"/>] in [−1, 1].</summary>
    public Tensor Draw(Tensor identity, Tensor pose, int size) => Resize(_draw(identity, pose).clamp(-1, 1), size);

    /// <summary>The same pictures at another size: areas are averaged on the way down, bilinear on the way up.</summary>
    public static Tensor Resize(Tensor pictures, int size) => pictures.shape[3] == size
        ? pictures
        : pictures.shape[3] > size
            ? nn.functional.adaptive_avg_pool2d(pictures.contiguous(), size)
            : nn.functional.interpolate(pictures, [size, size], mode: InterpolationMode.Bilinear, align_corners: false);

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var owned in _owned)
        {
            owned.Dispose();
        }
    }

    private static FaceModel OfPackages(ModelRepository repository, Func<Manifest, bool> wanted, bool first)
    {
        // The newest generator whose encoders are there.
        foreach (var version in repository.Versions(ModelRole.Generator))
        {
            var generator = ModelPackage.Open(repository.Folder(ModelRole.Generator, version));
            if (!wanted(generator.Manifest))
            {
                continue;
            }
            var identity = Encoder(repository, first, ModelRole.IdentityEncoder, m => m.IdentitySpace == generator.Manifest.IdentitySpace);
            var pose = Encoder(repository, first, ModelRole.PoseEncoder, m => m.PoseSpace == generator.Manifest.PoseSpace);
            if (identity is not null && pose is not null)
            {
                // The table was set by what this generator draws, or the one that came with the newest.
                var table = Encoder(repository, first: false, ModelRole.PoseEncoder, m => m.PoseSpace == generator.Manifest.PoseSpace)!;
                // Updates may have brought ways from other spaces.
                var newest = Encoder(repository, first: false, ModelRole.IdentityEncoder, m => m.IdentitySpace == generator.Manifest.IdentitySpace)!;
                return OfTriple(identity, pose, generator, table.ReadAnchors(), newest);
            }
        }
        throw new ArgumentException($"'{repository.Root}' has no generator with both encoders of the spaces asked for.");
    }

    private static ModelPackage? Encoder(ModelRepository repository, bool first, ModelRole role, Func<Manifest, bool> fits) =>
        repository.Versions(role).OrderBy(v => first ? v : -v).Select(v => ModelPackage.Open(repository.Folder(role, v))).FirstOrDefault(p => fits(p.Manifest));

    private static FaceModel OfTriple(ModelPackage identity, ModelPackage pose, ModelPackage generator, PoseAnchors anchors, ModelPackage bridges)
    {
        var models = new[] { identity, pose, generator }.Select(p => OnnxModel.Open(p.ModelPath)).ToList();
        Tensor Run(OnnxModel model, string output, Dictionary<string, Tensor> inputs, params long[] shape) =>
            tensor(model.Run(inputs).Single(o => o.Name == output).Values, [inputs.Values.First().shape[0], .. shape]);
        var sizes = new[] { identity, pose, generator }.Select(p => p.Manifest.ImageSize).ToArray();
        var (identitySpace, poseSpace) = (generator.Manifest.IdentitySpace!, generator.Manifest.PoseSpace!);
        return new FaceModel(
            sizes[2],
            x => Run(models[0], "identity", new() { ["image"] = Resize(x, sizes[0]) }, identitySpace.Dimension),
            x => Run(models[1], "pose", new() { ["image"] = Resize(x, sizes[1]) }, poseSpace.Dimension),
            (i, p) => Run(models[2], "image", new() { ["identity"] = i, ["pose"] = p }, 3, sizes[2], sizes[2]),
            models)
        {
            IdentitySpace = identitySpace,
            PoseSpace = poseSpace,
            Anchors = anchors,
            Bridges = FittedBridge.Of(bridges),
        };
    }
}
