using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Tickets.Local.Processes;

/// <summary>Picks loopback ports that nobody listens on.</summary>
internal static class FreePort
{
    // Below the range from which systems take the ports of outgoing connections.
    private const int Lowest = 20_000, Highest = 32_000;
    private const int Attempts = 5;

    /// <summary>The preferred port when it is free, else any free one; 0 prefers none.</summary>
    public static int Pick(int preferred)
    {
        var port = preferred;
        while (port == 0 || !IsFree(port))
            port = RandomNumberGenerator.GetInt32(Lowest, Highest);
        return port;
    }

    /// <summary>Starts a server, again on other ports when another program was quicker to take the ones picked.</summary>
    public static async Task<T> StartAsync<T>(Func<Task<T>> start)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await start();
            }
            catch (StartFailedException e) when (attempt < Attempts && e.LogContains("address already in use"))
            {
                // The next attempt picks again: the port is no longer free.
            }
        }
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen(1);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
