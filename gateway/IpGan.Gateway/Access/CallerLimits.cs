using System.Threading.RateLimiting;
using Grpc.Core;
using IpGan.Gateway.Errors;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;

namespace IpGan.Gateway.Access;

/// <summary>How many calls one caller may make.</summary>
internal static class CallerLimits
{
    /// <summary>A bucket of calls for each caller, refilled ten times a second.</summary>
    public static void AddCallerLimits(this IServiceCollection services)
    {
        services.AddRateLimiter(_ => { });
        services.AddOptions<RateLimiterOptions>().Configure<IOptions<GatewayOptions>>((limiter, gateway) =>
        {
            var access = gateway.Value.Access;
            limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context =>
                access.CallsPerSecond == 0 || context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null
                    ? RateLimitPartition.GetNoLimiter("")
                    : RateLimitPartition.GetTokenBucketLimiter(CallerPolicies.Name(context), _ => Bucket(access)));
            limiter.OnRejected = (rejected, _) =>
            {
                var wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : TimeSpan.FromSeconds(1);
                return new ValueTask(Refusal.WriteAsync(rejected.HttpContext, StatusCode.ResourceExhausted,
                    $"'{CallerPolicies.Name(rejected.HttpContext)}' may make {access.CallsPerSecond} calls a second, and {access.Burst} at once; wait "
                    + $"{wait.TotalSeconds:0.###} s, or send many items in one stream.", wait));
            };
        });
    }

    internal static TokenBucketRateLimiterOptions Bucket(AccessOptions access)
    {
        // Whole calls at each refill, about ten times a second, and seldom enough that the rate is right: 14 a second are two every seventh of it.
        var calls = Math.Max(1, (int)Math.Ceiling(access.CallsPerSecond * 0.1));
        return new TokenBucketRateLimiterOptions
        {
            TokenLimit = access.Burst,
            TokensPerPeriod = calls,
            ReplenishmentPeriod = TimeSpan.FromSeconds(calls / (double)access.CallsPerSecond),
        };
    }
}
