namespace Tickets.Core.Archive.Format;

/// <summary>Collects ascending ids for an <see cref="IdSet"/> until they are too many for one.</summary>
internal sealed class IdSetBuilder
{
    private readonly byte[] _encoded = new byte[IdSet.MaxBytes + Varint.MaxBytes];
    private int _length;
    private long _last = -1;
    private bool _gaps;

    public void Add(long id)
    {
        if (_last >= 0 && _length <= IdSet.MaxBytes)
        {
            _length += Varint.Write(_encoded.AsSpan(_length), (ulong)(id - _last - 1));
            _gaps |= id > _last + 1;
        }

        _last = id;
    }

    /// <summary>Null when the ids are too many, or when there is none missing between the lowest and the highest.</summary>
    public byte[]? Encode() => _gaps && _length <= IdSet.MaxBytes ? _encoded[.._length] : null;
}
