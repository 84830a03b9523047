using Google.Rpc;
using Grpc.Core;
using IpGan.Imaging;
using IpGan.Models;
using IpGan.Serving.Rpc;

namespace IpGan.Serving.Tests.Rpc;

public sealed class ErrorInterceptorTests
{
    private readonly LogLines<ErrorInterceptor> _log = new();

    public static TheoryData<Exception, StatusCode> Known => new()
    {
        { new PictureException("why"), StatusCode.InvalidArgument },
        { new InvalidRequestException("why"), StatusCode.InvalidArgument },
        { new SpaceMismatchException("why"), StatusCode.FailedPrecondition },
        { new VersionRejectedException("why"), StatusCode.FailedPrecondition },
        { new VersionNotLoadedException("why"), StatusCode.NotFound },
        { new AnglesOutOfReachException("yaw", "why"), StatusCode.OutOfRange },
        { new NoModelException("why"), StatusCode.Unavailable },
        { new QueueFullException("why", TimeSpan.FromSeconds(1.5)), StatusCode.ResourceExhausted },
    };

    [Theory]
    [MemberData(nameof(Known))]
    public async Task Known_failure_gets_its_status_and_its_message(Exception failure, StatusCode expected)
    {
        foreach (var error in await FailAsync(failure, hasGone: false))
        {
            Assert.Equal((expected, "why"), (error.StatusCode, error.Status.Detail));
            var advice = error.Trailers.GetValue("grpc-retry-pushback-ms");
            Assert.Equal(expected == StatusCode.ResourceExhausted, advice is not null);
        }
        var item = new ErrorInterceptor(_log).ToItem(failure);
        Assert.Equal(((int)expected, "why"), (item.Code, item.Message));
        Assert.Equal(0, _log.Count(""));
    }

    [Fact]
    public async Task Refusal_says_when_to_try_again_in_both_ways()
    {
        foreach (var error in await FailAsync(new QueueFullException("why", TimeSpan.FromSeconds(1.5)), hasGone: false))
        {
            Assert.Equal("1500", error.Trailers.GetValue("grpc-retry-pushback-ms"));
            var status = Google.Rpc.Status.Parser.ParseFrom(error.Trailers.GetValueBytes("grpc-status-details-bin"));
            Assert.Equal(((int)Code.ResourceExhausted, "why"), (status.Code, status.Message));
            Assert.Equal(TimeSpan.FromSeconds(1.5), status.Details.Single().Unpack<RetryInfo>().RetryDelay.ToTimeSpan());
        }
    }

    public static TheoryData<Exception, string> OfAField => new()
    {
        { new PictureException("why"), "image" },
        { new InvalidRequestException("why", "poses[1]"), "poses[1]" },
        { new SpaceMismatchException("why", "identity"), "identity" },
        { new AnglesOutOfReachException("yaw", "why"), "yaw" },
    };

    [Theory]
    [MemberData(nameof(OfAField))]
    public async Task What_is_wrong_with_a_part_of_the_request_names_it_in_the_details(Exception failure, string field)
    {
        foreach (var error in await FailAsync(failure, hasGone: false))
        {
            var status = Google.Rpc.Status.Parser.ParseFrom(error.Trailers.GetValueBytes("grpc-status-details-bin"));
            Assert.Equal(((int)error.StatusCode, "why"), (status.Code, status.Message));
            AssertNamed(status);
        }
        AssertNamed(new ErrorInterceptor(_log).ToItem(failure));

        void AssertNamed(Google.Rpc.Status status)
        {
            var violation = Assert.Single(Assert.Single(status.Details).Unpack<BadRequest>().FieldViolations);
            Assert.Equal((field, "why"), (violation.Field, violation.Description));
        }
    }

    [Fact]
    public async Task What_is_about_no_part_of_the_request_has_no_details()
    {
        foreach (var error in await FailAsync(new InvalidRequestException("why"), hasGone: false))
        {
            Assert.Null(error.Trailers.GetValueBytes("grpc-status-details-bin"));
        }
    }

    [Fact]
    public async Task Unforeseen_failure_is_logged_and_tells_the_caller_nothing_of_it()
    {
        foreach (var error in await FailAsync(new InvalidOperationException("a secret"), hasGone: false))
        {
            Assert.Equal(StatusCode.Internal, error.StatusCode);
            Assert.DoesNotContain("secret", error.Status.Detail, StringComparison.Ordinal);
        }
        Assert.Equal(3, _log.Count("Error: "));
        Assert.Equal((int)Code.Internal, new ErrorInterceptor(_log).ToItem(new InvalidOperationException("a secret")).Code);
        Assert.Equal(4, _log.Count("Error: "));
    }

    [Fact]
    public async Task Status_that_was_chosen_already_is_kept()
    {
        foreach (var error in await FailAsync(new RpcException(new Grpc.Core.Status(StatusCode.DataLoss, "chosen")), hasGone: false))
        {
            Assert.Equal((StatusCode.DataLoss, "chosen"), (error.StatusCode, error.Status.Detail));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Whatever_fails_when_the_caller_has_gone_is_a_cancellation_and_not_logged(bool cancellation)
    {
        Exception failure = cancellation ? new OperationCanceledException() : new IOException("The client reset the request stream.");
        foreach (var error in await FailAsync(failure, hasGone: true))
        {
            Assert.Equal(StatusCode.Cancelled, error.StatusCode);
        }
        Assert.Equal(0, _log.Count(""));
    }

    /// <summary>The same failure in a method of each kind.</summary>
    private async Task<RpcException[]> FailAsync(Exception failure, bool hasGone)
    {
        var interceptor = new ErrorInterceptor(_log);
        var context = new CallContext(new CancellationToken(hasGone));
        return
        [
            await Assert.ThrowsAsync<RpcException>(() => interceptor.UnaryServerHandler<string, string>("", context, (_, _) => throw failure)),
            await Assert.ThrowsAsync<RpcException>(() =>
                interceptor.ServerStreamingServerHandler<string, string>("", null!, context, (_, _, _) => Task.FromException(failure))),
            await Assert.ThrowsAsync<RpcException>(() => interceptor.DuplexStreamingServerHandler<string, string>(
                null!, null!, context, async (_, _, _) =>
                {
                    await Task.Yield();
                    throw failure;
                })),
        ];
    }
}
