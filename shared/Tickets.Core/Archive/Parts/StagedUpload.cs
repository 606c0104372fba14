using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace Tickets.Core.Archive.Parts;

/// <summary>
/// The stream that a blob is written to. A small one is held and put with one request; of a large one, blocks of <see cref="StageBytes"/> go up while
/// it is written, one at a time beside the writer. Nothing is visible before <see cref="CommitAsync"/>.
/// </summary>
/// <param name="conditions">For the commit. None: the blob is new, and nobody else writes under its name.</param>
internal sealed class StagedUpload(BlockBlobClient blob, string contentType, BlobRequestConditions? conditions = null) : Stream
{
    public const int StageBytes = 4 * 1024 * 1024;
    private const int FirstBuffer = 16 * 1024;

    // Blocks staged by an earlier, interrupted attempt have other names and are never committed with ours.
    private readonly string _attempt = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
    private readonly List<string> _blocks = [];
    private Task _staging = Task.CompletedTask;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);
    private int _filled;

    public string Name => blob.Name;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            var piece = Math.Min(buffer.Length, StageBytes - _filled);
            Reserve(_filled + piece);
            buffer.Span[..piece].CopyTo(_buffer.AsSpan(_filled));
            _filled += piece;
            buffer = buffer[piece..];
            if (_filled == StageBytes)
                await StageAsync(cancellationToken);
        }
    }

    /// <summary>Makes it visible.</summary>
    public async Task CommitAsync(IDictionary<string, string>? metadata, CancellationToken cancellationToken)
    {
        var headers = new BlobHttpHeaders { ContentType = contentType };
        var only = conditions ?? new BlobRequestConditions { IfNoneMatch = ETag.All };
        try
        {
            if (_blocks.Count == 0)
            {
                using var content = new MemoryStream(_buffer, 0, _filled, writable: false);
                await blob.UploadAsync(content, new BlobUploadOptions { HttpHeaders = headers, Metadata = metadata, Conditions = only }, cancellationToken);
            }
            else
            {
                if (_filled > 0)
                    await StageAsync(cancellationToken);
                await _staging;
                await blob.CommitBlockListAsync(
                    _blocks, new CommitBlockListOptions { HttpHeaders = headers, Metadata = metadata, Conditions = only }, cancellationToken);
            }
        }
        catch (RequestFailedException e) when (conditions is null && (e.Status is 409 or 412))
        {
            // Nobody else writes under this name: it is our own request, whose answer was lost and which was sent again.
        }
    }

    private async ValueTask StageAsync(CancellationToken cancellationToken)
    {
        await _staging;
        var (buffer, length) = (_buffer, _filled);
        (_buffer, _filled) = (ArrayPool<byte>.Shared.Rent(StageBytes), 0);
        var block = Convert.ToBase64String(Encoding.ASCII.GetBytes($"{_attempt}{_blocks.Count:D6}"));
        _blocks.Add(block);
        _staging = StageBlockAsync(block, buffer, length, cancellationToken);
    }

    private async Task StageBlockAsync(string block, byte[] buffer, int length, CancellationToken cancellationToken)
    {
        using (var content = new MemoryStream(buffer, 0, length, writable: false))
            await blob.StageBlockAsync(block, content, cancellationToken: cancellationToken);
        ArrayPool<byte>.Shared.Return(buffer);
    }

    private void Reserve(int length)
    {
        if (length <= _buffer.Length)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Min(Math.Max(4 * _buffer.Length, length), StageBytes));
        _buffer.AsSpan(0, _filled).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    public override async ValueTask DisposeAsync()
    {
        // The buffer of a stage that is still running must not be given to somebody else.
        await _staging.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ArrayPool<byte>.Shared.Return(_buffer);
        await base.DisposeAsync();
    }

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Parts are written asynchronously.");
    public override void Flush() => throw new NotSupportedException("Parts are written asynchronously.");
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
}
