using System.Net;
using System.Net.Sockets;
using System.Text;

namespace IpGan.Serving.Tests.Repositories;

/// <summary>A bucket that takes every connection and then says nothing, or only the beginning of its list.</summary>
internal sealed class SilentBucket : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<Socket> _connections = [];
    private readonly byte[] _said;

    public SilentBucket(bool begins)
    {
        // Anybody will do; the client asks for somebody.
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", S3Server.Account);
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", S3Server.Account);
        _said = Encoding.ASCII.GetBytes(begins ? "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: 1000\r\n\r\n<ListBucketResult>" : "");
        _listener.Start();
        _ = AcceptAsync();
    }

    public Uri Endpoint => new($"http://{_listener.LocalEndpoint}");

    public void Dispose()
    {
        _listener.Dispose();
        lock (_connections)
        {
            _connections.ForEach(c => c.Dispose());
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var connection = await _listener.AcceptSocketAsync();
                lock (_connections)
                {
                    _connections.Add(connection);
                }
                await connection.SendAsync(_said);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end of the test.
        }
    }
}
