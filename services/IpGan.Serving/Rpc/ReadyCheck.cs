using System.Net;
using System.Net.Security;

namespace IpGan.Serving.Rpc;

/// <summary>
/// Health check of a container: the program once more, with the argument <c>--ready</c>, asks the one that serves there. The images have no shell and no
/// other program to ask with.
/// </summary>
public static class ReadyCheck
{
    /// <summary>True if the program was started to ask.</summary>
    public static bool IsWanted(string[] args) => args is ["--ready"];

    /// <summary>Asks GET /readyz on the endpoint <c>Http</c> of this machine; the exit code.</summary>
    public static async Task<int> RunAsync(IConfiguration settings)
    {
        var own = BindingAddress.Parse(settings["Kestrel:Endpoints:Http:Url"] ?? "http://*:8080");
        // Whatever certificate it has: that is in the name that others call it by.
        using var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = { RemoteCertificateValidationCallback = (_, _, _, errors) => !errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable) },
        };
        using var client = new HttpClient(handler);
        try
        {
            using var answer = await client.GetAsync(new UriBuilder(own.Scheme, HostOf(own), own.Port, "readyz").Uri).ConfigureAwait(false);
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (HttpRequestException)
        {
            return 1;
        }
    }

    // By number: not every image knows the name localhost.
    private static string HostOf(BindingAddress own) =>
        IPAddress.TryParse(own.Host, out var one) && !one.Equals(IPAddress.Any) && !one.Equals(IPAddress.IPv6Any) ? own.Host : "127.0.0.1";
}
