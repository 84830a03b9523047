using System.CommandLine;
using IpGan.Client;
using IpGan.V1;

namespace IpGan.CommandLine;

/// <summary>How pictures that are drawn are encoded.</summary>
internal sealed class PictureOptions
{
    private readonly Option<string> _format = FormatOption();
    private readonly Option<int> _size = new("--size") { Description = "Pixels a side, 16 to 1024. Default: as the network draws them.", HelpName = "PIXELS" };
    private readonly Option<int> _quality = new("--quality") { Description = "Of jpeg and webp, 1 to 100. Default: 90.", HelpName = "1-100" };

    public IEnumerable<Symbol> Symbols => [_format, _size, _quality];

    public (ImageFormat Format, string Extension, int Size, int Quality) Read(ParseResult parse)
    {
        var format = parse.GetValue(_format)!;
        return (Enum.Parse<ImageFormat>(format, ignoreCase: true), format == "jpeg" ? "jpg" : format, parse.GetValue(_size), parse.GetValue(_quality));
    }

    /// <summary>A request for one person.</summary>
    public RotationRequest Request(ParseResult parse, Person person, IEnumerable<Pose> poses)
    {
        var (format, _, size, quality) = Read(parse);
        return new RotationRequest(person, [.. poses]) { Format = format, Size = size, Quality = quality };
    }

    private static Option<string> FormatOption()
    {
        var option = new Option<string>("--format") { Description = "png, jpeg or webp.", DefaultValueFactory = _ => "png" };
        option.AcceptOnlyFromAmong("png", "jpeg", "webp");
        return option;
    }
}
