using System.CommandLine;
using IpGan.CommandLine;
using IpGan.CommandLine.Searching;

var root = new RootCommand("""
    Rotates, compares and finds faces through an IP-GAN gateway. `ipgan VERB --help` tells all about a verb.

    A photo is a JPEG, PNG or WebP. The face in it is found; --face chooses among several, --sellion and --mouth say where it is, --cropped that the
    picture is the square of the crop rule already.
    The gateway is IPGAN_ADDRESS (several, with commas between them), else http://localhost:8081; its key is IPGAN_API_KEY, or a bearer token IPGAN_TOKEN.
    Exit code: 0 all is well, 1 failed, 2 wrong use, 3 some items failed and the others are done.
    Completion: install the tool dotnet-suggest, or ask `ipgan [suggest:POSITION] "LINE"` from your shell.
    """)
{
    FacesVerb.Create(), EmbedVerb.Create(), CompareVerb.Create(), RotateVerb.Create(), SweepVerb.Create(), AugmentVerb.Create(), SampleVerb.Create(), ModelsVerb.Create(), SearchVerb.Create(),
};
var parse = root.Parse(args);
if (args.Length > 0 && parse.Errors.Count > 0)
{
    // What is wrong in one line, without pages of help after it.
    return Verb.Fail(string.Join(' ', parse.Errors.Select(e => e.Message)), ExitCode.WrongUse);
}
return await parse.InvokeAsync();
