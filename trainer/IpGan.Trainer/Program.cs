using System.CommandLine;
using IpGan.Trainer;

var root = new RootCommand("Trains IP-GAN and turns the result into model packages. `trainer VERB --help` tells all about a verb.")
{
    TrainVerb.Create(), ExportVerb.Create(), EvaluateVerb.Create(), GridVerb.Create(),
};
return await root.Parse(args).InvokeAsync();
