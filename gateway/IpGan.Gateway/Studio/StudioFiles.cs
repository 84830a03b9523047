using Microsoft.Net.Http.Headers;

namespace IpGan.Gateway.Studio;

/// <summary>Serves Studio, the page in wwwroot, with headers that let it load and reach nothing but this gateway.</summary>
internal static class StudioFiles
{
    // No script or style in the page's own text, nothing from elsewhere, no frame around it; pictures may also be made in the page.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; manifest-src 'self'; " +
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    public static void UseStudio(this WebApplication app)
    {
        app.UseDefaultFiles();
        app.UseStaticFiles(new StaticFileOptions
        {
            OnPrepareResponse = served =>
            {
                var headers = served.Context.Response.Headers;
                headers.ContentSecurityPolicy = ContentSecurityPolicy;
                headers["Cross-Origin-Opener-Policy"] = "same-origin";
                headers["Cross-Origin-Resource-Policy"] = "same-origin";
                // Kept, but asked for again by its ETag: a new gateway never meets an old page.
                headers.CacheControl = new CacheControlHeaderValue { NoCache = true }.ToString();
            },
        });
    }
}
