using System.Buffers.Text;

namespace Tickets.Core.Archive.Format;

/// <summary>
/// How a document shows its id: a line starts with <c>{"ticket_id":"123"</c>. Since a raw newline cannot stand inside JSON text on one line,
/// a newline followed by that prefix is found at the start of that ticket's line only, and a block is searched without parsing.
/// </summary>
internal static class DocumentLine
{
    private const int MaxPrefix = 40;
    private static ReadOnlySpan<byte> Start => "{\"ticket_id\":\""u8;

    /// <summary>False when the line does not start as it must.</summary>
    public static bool TryReadId(ReadOnlySpan<byte> line, out long id)
    {
        id = 0;
        return line.StartsWith(Start)
            && Utf8Parser.TryParse(line[Start.Length..], out id, out var digits)
            && id >= 0
            && line.Length > Start.Length + digits
            && line[Start.Length + digits] == '"'
            // One spelling per id, or a search for the bytes would miss it.
            && line[Start.Length] is >= (byte)'0' and <= (byte)'9'
            && (digits == 1 || line[Start.Length] != '0');
    }

    /// <summary>The ticket's line in a block, without its newline; empty when the block does not have it.</summary>
    public static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> block, long id)
    {
        Span<byte> prefix = stackalloc byte[MaxPrefix];
        prefix[0] = (byte)'\n';
        Start.CopyTo(prefix[1..]);
        Utf8Formatter.TryFormat(id, prefix[(1 + Start.Length)..], out var digits);
        prefix[1 + Start.Length + digits] = (byte)'"';
        prefix = prefix[..(1 + Start.Length + digits + 1)];

        var start = block.StartsWith(prefix[1..]) ? 0 : block.IndexOf(prefix) + 1;
        if (start == 0 && !block.StartsWith(prefix[1..]))
            return default;
        var line = block[start..];
        return line[..line.IndexOf((byte)'\n')];
    }
}
