using System.CommandLine;
using IpGan.Trainer;
using IpGan.Training;

NativeSettings.Apply();
var root = new RootCommand("Trains IP-GAN and turns the result into model packages. `trainer VERB --help` tells all about a verb.")
{
    TrainVerb.Create(), ExportVerb.Create(), EvaluateVerb.Create(), GridVerb.Create(), FinderVerb.Create(), SynthesizeVerb.Create(), PrepareVerb.Create(), ViewsVerb.Create(), DescribeVerb.Create(), BlendsVerb.Create(), RecogniserVerb.Create(), JudgeVerb.Create(),
};
var parse = root.Parse(args);
if (args.Length > 0 && parse.Errors.Count > 0)
{
    // What is wrong in one line, without pages of help after it.
    return Verb.Fail(string.Join(' ', parse.Errors.Select(e => e.Message)));
}
return parse.Invoke();
