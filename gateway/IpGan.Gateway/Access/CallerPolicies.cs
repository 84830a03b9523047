using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;

namespace IpGan.Gateway.Access;

/// <summary>Who may do what: callers call, operators also choose versions.</summary>
internal static class CallerPolicies
{
    /// <summary>The policy of what only operators may.</summary>
    public const string Operator = "operator";

    /// <summary>The claim of an API key that may.</summary>
    public const string OperatorClaim = "ipgan.operator";

    private const string AnyScheme = "Caller";

    // A caller waits so long, too.
    private static readonly TimeSpan LongestWaitForIssuer = TimeSpan.FromSeconds(5);

    /// <summary>Authentication and authorization as configured; with neither keys nor issuer everybody may do everything.</summary>
    public static void AddCallers(this IServiceCollection services)
    {
        services.AddAuthentication(AnyScheme)
            .AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(ApiKeyHandler.SchemeName, null)
            .AddJwtBearer()
            .AddPolicyScheme(AnyScheme, null, scheme => scheme.ForwardDefaultSelector = context =>
                Options(context).Tokens is not null && !context.Request.Headers.ContainsKey(ApiKeyHandler.Header)
                    ? JwtBearerDefaults.AuthenticationScheme : ApiKeyHandler.SchemeName);
        services.AddSingleton<IssuerKeys>();
        services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme).Configure<IOptions<GatewayOptions>>((bearer, gateway) =>
        {
            if (gateway.Value.Access.Tokens is { Issuer: { } issuer } tokens)
            {
                bearer.Authority = issuer.ToString();
                bearer.Audience = tokens.Audience;
                bearer.MapInboundClaims = false;
                bearer.BackchannelTimeout = LongestWaitForIssuer;
                bearer.EventsType = typeof(IssuerKeys);
                // Issuers inside a cluster may have no certificate.
                bearer.RequireHttpsMetadata = issuer.Scheme == Uri.UriSchemeHttps;
            }
        });
        services.AddAuthorization();
        services.AddOptions<AuthorizationOptions>().Configure<IOptions<GatewayOptions>>((authorization, gateway) =>
        {
            var access = gateway.Value.Access;
            authorization.AddPolicy(Operator, policy => policy.RequireAssertion(context => !access.IsOn || IsOperator(context.User, access)));
            authorization.FallbackPolicy = access.IsOn ? new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build() : null;
        });
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, AccessRefusals>();
    }

    /// <summary>The caller's name: the key's, the token's subject, or the address of somebody who did not say.</summary>
    public static string Name(HttpContext context) =>
        context.User.FindFirstValue(ClaimTypes.NameIdentifier) ?? context.User.FindFirstValue("sub") ?? context.Connection.RemoteIpAddress?.ToString() ?? "";

    private static AccessOptions Options(HttpContext context) => context.RequestServices.GetRequiredService<IOptions<GatewayOptions>>().Value.Access;

    private static bool IsOperator(ClaimsPrincipal user, AccessOptions options) => user.HasClaim(OperatorClaim, "true")
        || (options.Tokens is { } tokens && user.FindAll("scope").SelectMany(c => c.Value.Split(' ')).Contains(tokens.OperatorScope));
}
