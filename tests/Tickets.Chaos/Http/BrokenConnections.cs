using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tickets.Chaos.Http;

/// <summary>What no HTTP client would send: bodies that drip or never end, framing that contradicts itself, request lines of nonsense.</summary>
internal sealed class BrokenConnections(Func<Uri> address, string key, int seed)
{
    private readonly Random _random = new(seed);
    private int _sent;

    public int Sent => _sent;

    public async Task RunAsync(CancellationToken stop)
    {
        var slow = new List<Task>();
        while (!stop.IsCancellationRequested)
        {
            // A hundred that drip stand open all the while; the others come and go.
            while (slow.Count < 100)
                slow.Add(DripAsync(stop));
            await SendAsync(Nonsense(), stop);
            slow.RemoveAll(each => each.IsCompleted);
            await Task.Delay(10, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.WhenAll(slow);
    }

    private string Nonsense()
    {
        var head = $"POST /api/v1/tickets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n";
        return _random.Next(12) switch
        {
            0 => head + "Content-Length: 10\r\n\r\n{}",
            1 => head + "Content-Length: -1\r\n\r\n{}",
            2 => head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
            3 => head + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
            4 => head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
            5 => head + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}",
            6 => head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            7 => "GET http://[::1]:99999/%00 HTTP/1.1\r\nHost: x\r\n\r\n",
            8 => $"GET /{new string('a', 20_000)} HTTP/1.1\r\nHost: x\r\n\r\n",
            9 => $"GET / HTTP/1.1\r\nHost: x\r\n{string.Concat(Enumerable.Range(0, 300).Select(n => $"x-{n}: {n}\r\n"))}\r\n",
            10 => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            _ => new string([.. Enumerable.Range(0, 200).Select(_ => (char)_random.Next(1, 255))]),
        };
    }

    private async Task SendAsync(string text, CancellationToken stop)
    {
        try
        {
            using var socket = await ConnectAsync(stop);
            await socket.SendAsync(Encoding.Latin1.GetBytes(text), stop);
            socket.Shutdown(SocketShutdown.Send);
            var buffer = new byte[4096];
            while (await socket.ReceiveAsync(buffer, stop) > 0)
            {
                // Whatever it says; the others tell whether it is still well.
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // Cut off, which is an answer too.
        }

        Interlocked.Increment(ref _sent);
    }

    /// <summary>A body of which a byte comes now and then, and never the last.</summary>
    private async Task DripAsync(CancellationToken stop)
    {
        try
        {
            using var socket = await ConnectAsync(stop);
            await socket.SendAsync(Encoding.ASCII.GetBytes($"POST /api/v1/tickets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{"), stop);
            while (true)
            {
                await Task.Delay(300, stop);
                await socket.SendAsync(" "u8.ToArray(), stop);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // Cut off by a server that has waited long enough, or told to stop.
        }
    }

    private async Task<Socket> ConnectAsync(CancellationToken stop)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, address().Port, stop);
        return socket;
    }
}
