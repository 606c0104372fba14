using System.Buffers;
using System.IO.Compression;
using System.Security.Cryptography;

namespace Tickets.Core.Archive.Format;

/// <summary>
/// Writes a part to a stream, front to back, holding one block in memory: documents in ascending order of id, then <see cref="CompleteAsync"/>.
/// </summary>
internal sealed class PartWriter(Stream output, CompressionLevel level = CompressionLevel.Optimal) : IDisposable
{
    private readonly byte[] _raw = ArrayPool<byte>.Shared.Rent(BgzfMember.MaxRaw);
    private readonly byte[] _stored = ArrayPool<byte>.Shared.Rent(BgzfMember.MaxStored);
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly IncrementalHash _rawHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly BlockIndexBuilder _index = new();
    private readonly IdSetBuilder _ids = new();
    private int _filled;
    private long _firstIdOfBlock;
    private long _minId;
    private long _lastId = -1;

    public long Tickets { get; private set; }
    public long RawBytes { get; private set; }

    /// <summary>Stored bytes so far.</summary>
    public long Bytes { get; private set; }

    /// <param name="id">Above the id before.</param>
    /// <param name="json">One JSON object on one line, without the newline, starting with <c>{"ticket_id":"ID"</c>.</param>
    /// <exception cref="ArgumentException">The document is out of order, on several lines, or does not start with its id.</exception>
    public async ValueTask AppendAsync(long id, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        if (id <= _lastId)
            throw new ArgumentException($"Ticket {id} comes after ticket {_lastId}.", nameof(id));
        if (!DocumentLine.TryReadId(json.Span, out var written) || written != id || json.Span.Contains((byte)'\n'))
            throw new ArgumentException($"The document of ticket {id} is not one line that starts with its id.", nameof(json));

        if (_filled > 0 && _filled + json.Length + 1 > BgzfMember.MaxRaw)
            await FlushBlockAsync(cancellationToken);
        if (_filled == 0)
            _firstIdOfBlock = id;
        if (Tickets == 0)
            _minId = id;
        _lastId = id;
        _ids.Add(id);
        Tickets++;
        RawBytes += json.Length + 1;
        await CopyAsync(json, cancellationToken);
    }

    /// <summary>Ends the part. The stream stays open.</summary>
    /// <exception cref="InvalidOperationException">There is no document in it.</exception>
    public async ValueTask<PartSummary> CompleteAsync(CancellationToken cancellationToken)
    {
        if (Tickets == 0)
            throw new InvalidOperationException("A part holds at least one ticket.");
        await FlushBlockAsync(cancellationToken);
        var dataBytes = Bytes;
        var (tail, indexLength) = PartTail.Write(_index.Encode(Tickets, RawBytes), dataBytes);
        await OutputAsync(tail, cancellationToken);
        return new PartSummary(
            _minId, _lastId, Tickets, Bytes, RawBytes, dataBytes, indexLength, _ids.Encode(), _rawHash.GetHashAndReset(), _hash.GetHashAndReset());
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_raw);
        ArrayPool<byte>.Shared.Return(_stored);
        _hash.Dispose();
        _rawHash.Dispose();
    }

    /// <summary>A document longer than a member gets a block of its own, made of several members.</summary>
    private async ValueTask CopyAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        var length = 0;
        while (_filled + json.Length + 1 > BgzfMember.MaxRaw)
        {
            var piece = Math.Min(BgzfMember.MaxRaw - _filled, json.Length);
            json.Span[..piece].CopyTo(_raw.AsSpan(_filled));
            _filled += piece;
            json = json[piece..];
            length += await FlushMemberAsync(cancellationToken);
        }

        json.Span.CopyTo(_raw.AsSpan(_filled));
        _filled += json.Length;
        _raw[_filled++] = (byte)'\n';
        if (length > 0)
            _index.Add(_firstIdOfBlock, _lastId, length + await FlushMemberAsync(cancellationToken));
    }

    private async ValueTask FlushBlockAsync(CancellationToken cancellationToken)
    {
        if (_filled > 0)
            _index.Add(_firstIdOfBlock, _lastId, await FlushMemberAsync(cancellationToken));
    }

    private async ValueTask<int> FlushMemberAsync(CancellationToken cancellationToken)
    {
        _rawHash.AppendData(_raw, 0, _filled);
        var size = BgzfMember.Write(_raw.AsSpan(0, _filled), _stored, level);
        _filled = 0;
        await OutputAsync(_stored.AsMemory(0, size), cancellationToken);
        return size;
    }

    private ValueTask OutputAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        _hash.AppendData(bytes.Span);
        Bytes += bytes.Length;
        return output.WriteAsync(bytes, cancellationToken);
    }
}
