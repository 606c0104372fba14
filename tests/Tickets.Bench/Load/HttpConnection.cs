using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;

namespace Tickets.Bench.Load;

/// <summary>One kept-alive HTTP/1.1 connection that has at most one request under way, and reads no more of an answer than it must.</summary>
internal sealed class HttpConnection : IDisposable
{
    private readonly Socket _socket;
    private byte[] _buffer = new byte[16 * 1024];
    private int _filled;
    private int _bodyAt;
    private int _end;

    public HttpConnection(Uri app)
    {
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _socket.Connect(IPAddress.Loopback, app.Port);
        _socket.Blocking = false;
    }

    public int Descriptor => (int)_socket.Handle;

    /// <summary>When the request was meant to be sent, in <see cref="System.Diagnostics.Stopwatch"/> ticks.</summary>
    public long Started { get; private set; }

    /// <summary>When it was sent; later than <see cref="Started"/> where it had to wait for a connection.</summary>
    public long Sent { get; private set; }

    public bool IsBusy { get; private set; }

    public int Status { get; private set; }

    /// <summary>Status line and headers.</summary>
    public ReadOnlySpan<byte> Head => _buffer.AsSpan(0, _bodyAt);

    public ReadOnlySpan<byte> Body => _buffer.AsSpan(_bodyAt, _end - _bodyAt);

    public void Send(ReadOnlySpan<byte> request, long started)
    {
        (Started, Sent, IsBusy, _filled, _end) = (started, System.Diagnostics.Stopwatch.GetTimestamp(), true, 0, 0);
        while (request.Length > 0)
        {
            var sent = _socket.Send(request, SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
                // A server that is slow to read a large body: rare, and the wait belongs to the request.
                _socket.Poll(TimeSpan.FromSeconds(1), SelectMode.SelectWrite);
            else if (error != SocketError.Success)
                throw new SocketException((int)error);
            else
                request = request[sent..];
        }
    }

    /// <summary>Reads what has come.</summary>
    /// <returns>Whether the answer is complete.</returns>
    public bool Receive()
    {
        if (_filled == _buffer.Length)
            Array.Resize(ref _buffer, _buffer.Length * 2);
        var read = _socket.Receive(_buffer.AsSpan(_filled), SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock)
            return false;
        if (error != SocketError.Success)
            throw new SocketException((int)error);
        if (read == 0)
            throw new SocketException((int)SocketError.ConnectionReset);

        _filled += read;
        if (_end == 0 && !ReadHead())
            return false;
        if (_filled < _end)
            return false;
        IsBusy = false;
        return true;
    }

    public void Dispose() => _socket.Dispose();

    private bool ReadHead()
    {
        var received = _buffer.AsSpan(0, _filled);
        var head = received.IndexOf("\r\n\r\n"u8);
        if (head < 0)
            return false;
        _ = Utf8Parser.TryParse(received["HTTP/1.1 ".Length..], out int status, out _);
        var lengthAt = received[..head].IndexOf("Content-Length: "u8);
        if (lengthAt < 0 || !Utf8Parser.TryParse(received[(lengthAt + "Content-Length: ".Length)..], out int length, out _))
            throw new NotSupportedException($"The answer ({status}) does not tell its length.");
        Status = status;
        _bodyAt = head + 4;
        _end = _bodyAt + length;
        if (_end > _buffer.Length)
            Array.Resize(ref _buffer, _end);
        return true;
    }
}
