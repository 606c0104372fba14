using System.Buffers.Text;
using System.Text;

namespace Tickets.Bench.Load;

/// <summary>Builds requests in one buffer that is used again for each.</summary>
internal sealed class RequestText
{
    private const int LengthDigits = 8;

    private readonly byte[] _headers;
    private byte[] _bytes = new byte[4096];
    private int _length;
    private int _lengthAt;
    private int _bodyAt;

    /// <param name="key">The API key.</param>
    public RequestText(string key) =>
        _headers = Encoding.ASCII.GetBytes(
            $"""
             HTTP/1.1
            Host: 127.0.0.1
            Authorization: Bearer {key}
            Content-Type: application/json
            Content-Length: 
            """.ReplaceLineEndings("\r\n"));

    /// <summary>Begins a request with its method and path: <c>POST /api/v1/tickets</c>.</summary>
    public RequestText Begin(ReadOnlySpan<byte> methodAndPath)
    {
        _length = 0;
        return Append(methodAndPath);
    }

    /// <summary>Ends the path; what follows is the body.</summary>
    public RequestText Body()
    {
        Append(_headers);
        _lengthAt = _length;
        Append("00000000\r\n\r\n"u8);
        _bodyAt = _length;
        return this;
    }

    public RequestText Append(ReadOnlySpan<byte> text)
    {
        text.CopyTo(Room(text.Length));
        _length += text.Length;
        return this;
    }

    public RequestText Append(long number)
    {
        if (!Utf8Formatter.TryFormat(number, Room(20), out var written))
            throw new InvalidOperationException("A number has at most 20 digits.");
        _length += written;
        return this;
    }

    public ReadOnlySpan<byte> End()
    {
        // Leading zeros are allowed there, and save moving the body.
        var left = _length - _bodyAt;
        for (var digit = LengthDigits - 1; digit >= 0; digit--, left /= 10)
            _bytes[_lengthAt + digit] = (byte)('0' + (left % 10));
        return _bytes.AsSpan(0, _length);
    }

    private Span<byte> Room(int length)
    {
        if (_length + length > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + length));
        return _bytes.AsSpan(_length);
    }
}
