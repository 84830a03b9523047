using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace IpGan.Gateway.Access;

/// <summary>Tells callers by the key in <c>x-api-key</c>.</summary>
internal sealed class ApiKeyHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> scheme, ILoggerFactory logger, UrlEncoder encoder, IOptions<GatewayOptions> gateway)
    : AuthenticationHandler<AuthenticationSchemeOptions>(scheme, logger, encoder)
{
    public const string SchemeName = "ApiKey";
    public const string Header = "x-api-key";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Headers[Header] is not [{ Length: > 0 } key])
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(key));
        // Every key is looked at, in the same time each.
        ApiKeyOptions? found = null;
        foreach (var known in gateway.Value.Access.Keys)
        {
            if (CryptographicOperations.FixedTimeEquals(hash, Convert.FromHexString(known.Sha256)))
            {
                found = known;
            }
        }
        if (found is null)
        {
            return Task.FromResult(AuthenticateResult.Fail($"The key in {Header} is not known."));
        }
        var identity = new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, found.Name)], SchemeName);
        if (found.Operator)
        {
            identity.AddClaim(new Claim(CallerPolicies.OperatorClaim, "true"));
        }
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName)));
    }
}
