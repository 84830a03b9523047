using System.CommandLine;
using IpGan.Models;
using IpGan.Training.Data;

namespace IpGan.Trainer;

internal static class PrepareVerb
{
    public static Command Create()
    {
        var folder = new Argument<string>("FOLDER") { Description = "Whole photos as PERSON/PHOTO.jpg (or .png, .webp), in each of which the largest face is the person's." };
        var output = new Option<string>("--out") { Description = "Folder of the data set; empty or not there yet.", Required = true };
        var models = Verb.Models("The model repository that the face finder is taken from: its pinned version, or the newest.");
        var command = new Command("prepare", "Makes a data set of whole photos: finds the faces, cuts them by the crop rule, and writes faces.csv.") { folder, output, models };
        command.SetAction(Verb.Action(parse =>
        {
            var repository = new ModelRepository(parse.GetValue(models)!);
            var version = repository.ReadPin(ModelRole.FaceFinder)
                ?? (repository.Versions(ModelRole.FaceFinder) is [var newest, ..]
                    ? newest
                    : throw new ArgumentException($"'{repository.Root}' holds no face-finder package; --models names a repository that does."));
            var target = new NewDataSet(parse.GetValue(output)!);
            var prepared = target.Write(cancel => PhotoPreparation.Run(
                parse.GetValue(folder)!, ModelPackage.Open(repository.Folder(ModelRole.FaceFinder, version)), target.Folder, line => Console.Error.WriteLine($"trainer: {line}"), cancel));
            Console.WriteLine($"{target.Folder}: {prepared.Faces} faces of {prepared.People} people from {prepared.Photos} photos, found by face-finder {version}. "
                + $"Next: trainer train --data {target.Folder}");
            return 0;
        }));
        return command;
    }
}
