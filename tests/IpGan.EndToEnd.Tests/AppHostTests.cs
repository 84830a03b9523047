using System.Diagnostics;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace IpGan.EndToEnd.Tests;

/// <summary>The README's first command, as it is built: everything on this machine, with the shipped packages.</summary>
public sealed class AppHostTests
{
    // Pages that a cold machine must load, four processes and a dashboard: far longer than it takes.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task Everything_starts_turns_a_face_and_ends_with_its_parent()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        var (http, grpc, dashboard) = (Ports.Unused(), Ports.Unused(), Ports.Unused());
        var start = new ProcessStartInfo(Path.Combine(Checkout.Root, "artifacts", "bin", "IpGan.AppHost", "debug", "IpGan.AppHost"))
        {
            ArgumentList = { "--HttpPort", $"{http}", "--GrpcPort", $"{grpc}", "--DashboardPort", $"{dashboard}" },
            WorkingDirectory = Checkout.Root,
            RedirectStandardOutput = true,
        };
        using var all = Process.Start(start)!;
        try
        {
            var said = new List<string>();
            while (!said.Contains("IP-GAN is ready."))
            {
                said.Add(await all.StandardOutput.ReadLineAsync(patience.Token) ?? throw new InvalidOperationException($"It ended:\n{string.Join('\n', said)}"));
            }
            // Nobody reads on: a full pipe would hold it up.
            _ = all.StandardOutput.ReadToEndAsync(patience.Token);

            using var client = new HttpClient { BaseAddress = new Uri($"http://localhost:{http}") };
            var photo = await File.ReadAllBytesAsync(Path.Combine(Checkout.Root, "trainer", "sample", "images", "mh-1-00063", "009.jpg"), patience.Token);
            using var answer = await client.PostAsJsonAsync("/v1/rotate",
                new { source = new { image = new { content = photo, cropped = true } }, targets = new[] { new { angles = new { yaw = 30 } } } }, patience.Token);
            var text = await answer.Content.ReadAsStringAsync(patience.Token);
            Assert.True(answer.IsSuccessStatusCode, text);
            using var rotated = JsonDocument.Parse(text);
            Assert.Equal(30, rotated.RootElement.GetProperty("images")[0].GetProperty("angles").GetProperty("yaw").GetDouble());

            Signals.Send(all, Signal.Terminate);
            await all.WaitForExitAsync(patience.Token);
            Assert.Equal(0, all.ExitCode);
            // Who looks after the processes ends them a moment later.
            while (await ListensAsync(http, patience.Token))
            {
                await Task.Delay(100, patience.Token);
            }
        }
        finally
        {
            all.Kill(entireProcessTree: true);
        }
    }

    private static async Task<bool> ListensAsync(int port, CancellationToken cancel)
    {
        using var socket = new TcpClient();
        try
        {
            await socket.ConnectAsync("localhost", port, cancel);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
