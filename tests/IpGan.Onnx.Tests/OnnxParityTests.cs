using TorchSharp.Modules;
using static TorchSharp.torch;

namespace IpGan.Onnx.Tests;

public sealed class OnnxParityTests : IDisposable
{
    private readonly Linear _layer = nn.Linear(3, 2);
    private readonly Dictionary<string, Tensor> _inputs = new() { ["x"] = randn(4, 3) };
    private readonly OnnxParity _parity;

    public OnnxParityTests()
    {
        var graph = new OnnxGraph("test");
        graph.Output("y", graph.Linear(graph.Input("x", -1, 3), _layer));
        _parity = new OnnxParity(graph.Build("1.2.3"));
    }

    public void Dispose()
    {
        _parity.Dispose();
        _layer.Dispose();
    }

    private Dictionary<string, Tensor> Outputs(string name = "y") => new() { [name] = _layer.forward(_inputs["x"]) };

    private string Refusal(Dictionary<string, Tensor> expected, double bound = 1e-4) =>
        Assert.Throws<OnnxParityException>(() => _parity.Check(_inputs, expected, bound)).Message;

    [Fact]
    public void The_same_weights_pass_with_the_error_told() => Assert.InRange(_parity.Check(_inputs, Outputs()), 0, 1e-5);

    [Fact]
    public void A_weight_that_differs_fails_with_output_error_and_bound()
    {
        using (no_grad())
        {
            _layer.bias![1] += 0.5f;
        }
        Assert.Matches(@"^Output 'y' differs by 0\.5 at number 1 \(ONNX Runtime .+, TorchSharp .+\); the bound is 0\.0001\.$", Refusal(Outputs()));
    }

    [Fact]
    public void A_difference_is_measured_in_the_unit_of_its_output()
    {
        using (no_grad())
        {
            _layer.bias![1] += 0.001f;
        }
        var units = new Dictionary<string, double> { ["y"] = 45 };
        Assert.InRange(_parity.Check(_inputs, Outputs(), units: units), 0.0009 / 45, 0.0011 / 45);
        Assert.Contains("differs by 0.001", Refusal(Outputs()), StringComparison.Ordinal);
    }

    [Fact]
    public void An_answer_that_is_no_number_fails()
    {
        using (no_grad())
        {
            _layer.bias![0] = float.NaN;
        }
        Assert.Contains("differs by NaN", Refusal(Outputs(), bound: 1e9), StringComparison.Ordinal);
    }

    [Fact]
    public void Outputs_that_only_one_side_has_fail_by_name()
    {
        Assert.Equal("The model has an output 'y' that the module has not.", Refusal(Outputs("z")));
        Assert.Equal("The model has no output 'z' of 8 numbers.", Refusal(new(Outputs()) { ["z"] = zeros(8) }));
    }
}
