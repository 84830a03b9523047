using IpGan.Training.Data;
using IpGan.Training.Evaluation;
using IpGan.Training.Networks;

namespace IpGan.Trainer;

/// <summary>The judges that options name. Those that ask for the yaw are told what the model's pose encoder sees.</summary>
internal sealed class Judges : IDisposable
{
    private readonly List<FaceJudge> _all = [];

    public Judges(IReadOnlyList<string> files, NetworkSet networks, TrainingFaces faces)
    {
        if (files.GroupBy(Path.GetFileNameWithoutExtension).FirstOrDefault(g => g.Count() > 1) is { Key: { } twice })
        {
            throw new ArgumentException($"Two judges are called '{twice}', and would be told as one: give one of the files another name.");
        }
        var vectors = new FaceVectors(networks, faces);
        foreach (var file in files)
        {
            _all.Add(FaceJudge.Open(file, pictures => vectors.AnglesIn(pictures).Select(a => a.Yaw)));
        }
    }

    public IReadOnlyList<FaceJudge> All => _all;

    public void Dispose()
    {
        foreach (var judge in _all)
        {
            judge.Dispose();
        }
    }
}
