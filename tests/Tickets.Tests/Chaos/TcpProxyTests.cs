using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Tickets.Chaos.Faults;

namespace Tickets.Tests.Chaos;

public class TcpProxyTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_goes_through_arrives_as_it_was()
    {
        await using var echo = new Echo();
        await using var proxy = new TcpProxy(() => echo.Port, 1);
        using var client = await ConnectAsync(proxy);
        var sent = new byte[300_000];
        new Random(1).NextBytes(sent);

        var sending = client.SendAsync(sent, Cancel).AsTask();
        var received = new byte[sent.Length];
        await new NetworkStream(client).ReadExactlyAsync(received, Cancel);
        await sending;

        Assert.Equal(sent, received);
    }

    [Fact]
    public async Task A_cut_reply_means_that_the_server_heard_and_the_client_did_not()
    {
        await using var echo = new Echo();
        await using var proxy = new TcpProxy(() => echo.Port, 1) { Faults = new ProxyFaults(CutReplies: 1) };
        using var client = await ConnectAsync(proxy);

        await client.SendAsync(new byte[] { 7 }, Cancel);

        Assert.True(await IsCutAsync(client));
        Assert.Equal((1, 1), (echo.Heard, proxy.Cut));
    }

    [Fact]
    public async Task A_reset_request_was_never_heard()
    {
        await using var echo = new Echo();
        await using var proxy = new TcpProxy(() => echo.Port, 1) { Faults = new ProxyFaults(Reset: 1) };
        using var client = await ConnectAsync(proxy);

        await client.SendAsync(new byte[] { 7 }, Cancel);

        Assert.True(await IsCutAsync(client));
        Assert.Equal((0, 1), (echo.Heard, proxy.WasReset));
    }

    [Fact]
    public async Task A_delay_is_waited_for_and_a_hole_swallows_until_it_is_closed()
    {
        await using var echo = new Echo();
        await using var proxy = new TcpProxy(() => echo.Port, 1) { Faults = new ProxyFaults(Delay: TimeSpan.FromMilliseconds(200)) };
        using var client = await ConnectAsync(proxy);
        var waited = Stopwatch.StartNew();
        await client.SendAsync(new byte[] { 7 }, Cancel);
        await client.ReceiveAsync(new byte[1], Cancel);
        Assert.True(waited.ElapsedMilliseconds >= 190);

        proxy.Faults = new ProxyFaults(Blackhole: true);
        await client.SendAsync(new byte[] { 8 }, Cancel);
        var answer = client.ReceiveAsync(new byte[1], Cancel).AsTask();
        Assert.NotSame(answer, await Task.WhenAny(answer, Task.Delay(200, Cancel)));
        proxy.Faults = ProxyFaults.None;
        Assert.Equal(1, await answer);
    }

    private static async Task<Socket> ConnectAsync(TcpProxy proxy)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(IPAddress.Loopback, proxy.Port, Cancel);
        return client;
    }

    private static async Task<bool> IsCutAsync(Socket client)
    {
        try
        {
            return await client.ReceiveAsync(new byte[1], Cancel) == 0;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    /// <summary>Sends back what it is sent.</summary>
    private sealed class Echo : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly Task _serving;
        private int _heard;

        public Echo()
        {
            _listener.Start();
            _serving = ServeAsync();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public int Heard => Volatile.Read(ref _heard);

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _serving;
            _listener.Dispose();
        }

        private async Task ServeAsync()
        {
            try
            {
                using var client = await _listener.AcceptSocketAsync();
                var buffer = new byte[65536];
                while (await client.ReceiveAsync(buffer) is > 0 and var read)
                {
                    Interlocked.Add(ref _heard, read);
                    await client.SendAsync(buffer.AsMemory(0, read));
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The other side is done.
            }
        }
    }
}
