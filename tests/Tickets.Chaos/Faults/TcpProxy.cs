using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Tickets.Chaos.Faults;

/// <summary>
/// Stands between a client and a server on loopback and spoils what goes through it. It knows nothing of what is said: a reply is what
/// the server sends after the client has sent something.
/// </summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Task, bool> _running = new();
    private readonly ConcurrentDictionary<Socket, bool> _open = new();
    private readonly Lock _dice = new();
    private readonly Random _random;
    private readonly Func<int> _server;
    private readonly Task _accepting;
    private volatile ProxyFaults _faults = ProxyFaults.None;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _cut, _reset;

    /// <param name="server">The port on loopback that it passes on to, asked for each connection.</param>
    public TcpProxy(Func<int> server, int seed)
    {
        (_server, _random) = (server, new Random(seed));
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Replies that were lost so far.</summary>
    public int Cut => Volatile.Read(ref _cut);

    /// <summary>Requests that were lost so far.</summary>
    public int WasReset => Volatile.Read(ref _reset);

    public ProxyFaults Faults
    {
        get => _faults;
        set
        {
            _faults = value;
            Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
        }
    }

    /// <summary>Resets every connection that is open now.</summary>
    public void ResetAll()
    {
        foreach (var socket in _open.Keys)
            Abort(socket);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        ResetAll();
        await _accepting;
        await Task.WhenAll(_running.Keys);
        _stop.Dispose();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var serving = ServeAsync(await _listener.AcceptSocketAsync(_stop.Token));
                _running[serving] = true;
                _ = serving.ContinueWith(done => _running.TryRemove(done, out _), TaskScheduler.Default);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using (client)
        {
            client.NoDelay = true;
            (_open[client], _open[server]) = (true, true);
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _server(), _stop.Token);
                var link = new Link(client, server);
                // When either side ends, both do: half a connection is of no use to HTTP or PostgreSQL.
                await Task.WhenAny(PassOnAsync(link, toServer: true), PassOnAsync(link, toServer: false));
            }
            catch (Exception e) when (IsEnd(e))
            {
                // The server is down: the client learns of it as it would without a proxy.
            }

            Abort(client);
            Abort(server);
            (_, _) = (_open.TryRemove(client, out _), _open.TryRemove(server, out _));
        }
    }

    private async Task PassOnAsync(Link link, bool toServer)
    {
        var (from, to) = toServer ? (link.Client, link.Server) : (link.Server, link.Client);
        var pieces = Channel.CreateUnbounded<(byte[] Bytes, long Due)>();
        var sending = SendWhenDueAsync(pieces.Reader, to);
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, SocketFlags.None, _stop.Token) is > 0 and var read)
            {
                await UntilPassableAsync();
                if (IsLost(link, toServer))
                    return;
                var delay = toServer ? Faults.Delay : TimeSpan.Zero;
                pieces.Writer.TryWrite((buffer[..read], Environment.TickCount64 + (long)delay.TotalMilliseconds));
            }
        }
        catch (Exception e) when (IsEnd(e))
        {
            // One of the two has gone.
        }
        finally
        {
            pieces.Writer.Complete();
            await sending;
        }
    }

    private async Task SendWhenDueAsync(ChannelReader<(byte[] Bytes, long Due)> pieces, Socket to)
    {
        try
        {
            await foreach (var (bytes, due) in pieces.ReadAllAsync(_stop.Token))
            {
                if (due - Environment.TickCount64 is > 0 and var wait)
                    await Task.Delay(TimeSpan.FromMilliseconds(wait), _stop.Token);
                for (var sent = 0; sent < bytes.Length;)
                    sent += await to.SendAsync(bytes.AsMemory(sent), SocketFlags.None, _stop.Token);
            }
        }
        catch (Exception e) when (IsEnd(e))
        {
            // One of the two has gone.
        }
    }

    private async Task UntilPassableAsync()
    {
        while (true)
        {
            var changed = Volatile.Read(ref _changed).Task;
            if (!Faults.Blackhole)
                return;
            await changed.WaitAsync(_stop.Token);
        }
    }

    private bool IsLost(Link link, bool toServer)
    {
        if (toServer)
        {
            link.AwaitsReply = true;
            return IsDrawn(Faults.Reset, ref _reset);
        }

        if (!link.AwaitsReply)
            return false;
        link.AwaitsReply = false;
        return IsDrawn(Faults.CutReplies, ref _cut);
    }

    private bool IsDrawn(double share, ref int count)
    {
        if (share <= 0)
            return false;
        lock (_dice)
        {
            if (_random.NextDouble() >= share)
                return false;
        }

        Interlocked.Increment(ref count);
        return true;
    }

    /// <summary>With RST instead of FIN, so that nobody takes it for an orderly end.</summary>
    private static void Abort(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
            socket.Close();
        }
        catch (Exception e) when (IsEnd(e))
        {
            // It has gone by itself.
        }
    }

    private static bool IsEnd(Exception e) => e is SocketException or ObjectDisposedException or OperationCanceledException;

    private sealed class Link(Socket client, Socket server)
    {
        public Socket Client => client;
        public Socket Server => server;

        /// <summary>Written by one direction, read and cleared by the other; a race only moves the cut by a piece.</summary>
        public volatile bool AwaitsReply;
    }
}
