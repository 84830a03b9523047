using Grpc.Core;
using IpGan.Gateway.Errors;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.Extensions.Options;

namespace IpGan.Gateway.Access;

/// <summary>Tells callers who are not let in what would let them in.</summary>
internal sealed class AccessRefusals(IOptions<GatewayOptions> options) : IAuthorizationMiddlewareResultHandler
{
    private static readonly TimeSpan ComeAgain = TimeSpan.FromSeconds(1);

    public Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        if (authorizeResult.Succeeded)
        {
            return next(context);
        }
        var access = options.Value.Access;
        if (authorizeResult.Forbidden && context.User.Identity?.IsAuthenticated == true)
        {
            return Refusal.WriteAsync(context, StatusCode.PermissionDenied, $"'{CallerPolicies.Name(context)}' may not choose model versions: that takes "
                + $"an operator's key{(access.Tokens is { } t ? $" or a token with the scope '{t.OperatorScope}'" : "")}.");
        }
        if (IssuerKeys.AreMissing(context))
        {
            return Refusal.WriteAsync(context, StatusCode.Unavailable, $"The token cannot be checked: the keys of {access.Tokens?.Issuer} cannot be fetched.", ComeAgain);
        }
        var ways = new[]
        {
            access.Keys.Count > 0 ? $"a key in the header {ApiKeyHandler.Header}" : null,
            access.Tokens is { } tokens ? $"a bearer token of {tokens.Issuer} for '{tokens.Audience}'" : null,
        };
        var sent = context.Request.Headers.ContainsKey(ApiKeyHandler.Header) || context.Request.Headers.Authorization.Count > 0;
        return Refusal.WriteAsync(context, StatusCode.Unauthenticated,
            $"{(sent ? "The key or token is not accepted" : "Nobody is told")}; send {string.Join(" or ", ways.OfType<string>())}.");
    }
}
