using System.Net;
using System.Net.Sockets;

namespace IpGan.Testing;

/// <summary>Ports for what cannot say which one it was given, or must come back on the one that it had.</summary>
public static class Ports
{
    // Below those that systems give away by themselves (Linux from 32768 on, IANA from 49152 on): a port that was once free there soon belongs to somebody else.
    private const int First = 20_000;
    private const int Count = 10_000;

    /// <summary>A port on 127.0.0.1 on which nobody listens.</summary>
    public static int Unused()
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            var port = First + Random.Shared.Next(Count);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // The next one.
            }
        }
        throw new InvalidOperationException($"Of a hundred ports from {First} on, none was free.");
    }
}
