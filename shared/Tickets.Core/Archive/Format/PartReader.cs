using System.Buffers;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Tickets.Core.Archive.Format;

/// <summary>Reads a part front to back and checks all of it: every member, the order of ids, the block index, the footer.</summary>
internal sealed class PartReader(Stream input, string part) : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly IncrementalHash _rawHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private byte[] _block = ArrayPool<byte>.Shared.Rent(2 * BgzfMember.MaxStored);
    private readonly BlockIndexBuilder _seen = new();
    private readonly IdSetBuilder _ids = new();
    private int _filled;
    private long _offset;
    private long _tickets;
    private long _rawBytes;
    private long _minId;
    private long _lastId = -1;

    /// <summary>After the documents have been read to the end.</summary>
    public PartSummary? Summary { get; private set; }

    /// <summary>The documents in ascending order of id. A document's memory holds until the next one is asked for.</summary>
    /// <exception cref="DamagedPartException">The part is not what was written; documents given out before were right.</exception>
    public async IAsyncEnumerable<(long Id, ReadOnlyMemory<byte> Json)> DocumentsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await ReadBlockAsync(cancellationToken) is { } block)
        {
            using (block)
            {
                var first = -1L;
                var rest = block.Raw;
                while (!rest.IsEmpty)
                {
                    var line = rest[..rest.Span.IndexOf((byte)'\n')];
                    rest = rest[(line.Length + 1)..];
                    if (!DocumentLine.TryReadId(line.Span, out var id) || id <= _lastId)
                        throw Damaged($"the document after ticket {_lastId} does not start with a higher id");
                    first = first < 0 ? id : first;
                    if (_tickets++ == 0)
                        _minId = id;
                    _lastId = id;
                    _ids.Add(id);
                    yield return (id, line);
                }

                _rawHash.AppendData(block.Raw.Span);
                _rawBytes += block.Raw.Length;
                _seen.Add(first, _lastId, _filled);
                _offset += _filled;
            }
        }

        await ReadTailAsync(cancellationToken);
    }

    /// <summary>Reads all of the part and answers what it is.</summary>
    public async Task<PartSummary> CheckAsync(CancellationToken cancellationToken)
    {
        await foreach (var _ in DocumentsAsync(cancellationToken))
        {
        }

        return Summary!;
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_block);
        _hash.Dispose();
        _rawHash.Dispose();
    }

    /// <summary>The members up to one that ends with a newline; null when the next member is not a data member, whose header then stands in the buffer.</summary>
    private async ValueTask<Block?> ReadBlockAsync(CancellationToken cancellationToken)
    {
        _filled = 0;
        while (true)
        {
            await FillAsync(BgzfMember.HeaderBytes, cancellationToken);
            var start = _filled - BgzfMember.HeaderBytes;
            var size = BgzfMember.SizeOf(_block.AsSpan(start, BgzfMember.HeaderBytes));
            if (size == 0 && start == 0)
                return null;
            if (size < BgzfMember.HeaderBytes + BgzfMember.TrailerBytes)
                throw Damaged("a member starts with a wrong header");
            await FillAsync(size - BgzfMember.HeaderBytes, cancellationToken);
            if (EndsDocument(start, size))
            {
                _hash.AppendData(_block, 0, _filled);
                return Block.Decode(_block, 0, _filled, part, _offset);
            }
        }
    }

    /// <summary>Only a document longer than a member spans several, and all of those but the last are full.</summary>
    private bool EndsDocument(int start, int size) => BgzfMember.RawLength(_block.AsSpan(start, size)) < BgzfMember.MaxRaw || EndsWithNewline(start, size);

    private bool EndsWithNewline(int start, int size)
    {
        var raw = ArrayPool<byte>.Shared.Rent(BgzfMember.MaxRaw);
        try
        {
            BgzfMember.Inflate(_block, start, size, raw.AsSpan(0, BgzfMember.MaxRaw));
            return raw[BgzfMember.MaxRaw - 1] == '\n';
        }
        catch (InvalidDataException e)
        {
            throw new DamagedPartException(part, _offset + start, e.Message, e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(raw);
        }
    }

    /// <summary>The tail must be, byte for byte, the one that these blocks give; the header of its first member is in the buffer.</summary>
    private async ValueTask ReadTailAsync(CancellationToken cancellationToken)
    {
        if (_tickets == 0)
            throw Damaged("it does not start with a block");
        var (expected, indexLength) = PartTail.Write(_seen.Encode(_tickets, _rawBytes), _offset);
        var tail = new byte[expected.Length + 1];
        _block.AsSpan(0, _filled).CopyTo(tail);
        var length = _filled + await input.ReadAtLeastAsync(tail.AsMemory(_filled), tail.Length - _filled, throwOnEndOfStream: false, cancellationToken);
        if (!tail.AsSpan(0, length).SequenceEqual(expected))
            throw Damaged("what follows the blocks is not their index and footer");
        _hash.AppendData(expected);
        Summary = new PartSummary(
            _minId, _lastId, _tickets, _offset + length, _rawBytes, _offset, indexLength, _ids.Encode(), _rawHash.GetHashAndReset(), _hash.GetHashAndReset());
    }

    private async ValueTask FillAsync(int count, CancellationToken cancellationToken)
    {
        if (_filled + count > _block.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(2 * _block.Length, _filled + count));
            _block.AsSpan(0, _filled).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_block);
            _block = larger;
        }

        if (await input.ReadAtLeastAsync(_block.AsMemory(_filled, count), count, throwOnEndOfStream: false, cancellationToken) < count)
            throw Damaged("the part is cut short");
        _filled += count;
    }

    private DamagedPartException Damaged(string fault) => new(part, _offset, fault);
}
