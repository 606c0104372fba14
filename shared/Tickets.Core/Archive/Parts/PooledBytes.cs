using System.Buffers;

namespace Tickets.Core.Archive.Parts;

/// <summary>Bytes in a rented array, given back when disposed.</summary>
internal sealed class PooledBytes(byte[] array, int length) : IDisposable
{
    public byte[] Array => array;
    public int Length => length;
    public ReadOnlySpan<byte> Span => array.AsSpan(0, length);
    public void Dispose() => ArrayPool<byte>.Shared.Return(array);
}
