using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Npgsql;

namespace Tickets.Core.Archive;

/// <summary>
/// A ticket's JSON line, built from the rows of <see cref="DueTickets"/> into one reused buffer: the members of the API's ticket, in its order, nulls
/// written, without <c>tier</c>. <c>ticket_id</c> comes first, since lookups find the line by it.
/// </summary>
internal sealed class ColdDocument : IDisposable
{
    private const int FirstSlot = 10;
    private const int SlotsPerType = 5;
    private const int BlockColumn = 20;
    private readonly ArrayBufferWriter<byte> _buffer = new(4096);
    private readonly Utf8JsonWriter _json;
    private readonly string _queue;
    private readonly (string Field, bool IsText, int Column)[] _fields;
    private byte[] _data = [];

    public ColdDocument(ColdQueue queue)
    {
        // The default encoder escapes for HTML, which costs bytes in every non-English text; the line is read by JSON parsers only.
        _json = new Utf8JsonWriter(_buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });
        _queue = queue.Name;
        _fields = queue.Fields
            .OrderBy(f => f.Key, StringComparer.Ordinal)
            .Select(f => (f.Key, f.Value.IsText, FirstSlot + f.Value.Slot - 1 + (f.Value.IsText ? SlotsPerType : 0)))
            .ToArray();
    }

    /// <summary>Starts the document with the columns of the ticket; its blocks follow.</summary>
    public (long TicketId, long Version) Begin(NpgsqlDataReader row)
    {
        _buffer.ResetWrittenCount();
        _json.Reset();
        var (ticketId, version) = (row.GetInt64(0), row.GetInt64(6));
        _json.WriteStartObject();
        WriteId("ticket_id"u8, ticketId);
        _json.WriteString("queue"u8, _queue);
        WriteText("status"u8, row, 1);
        WriteText("resolution"u8, row, 2);
        WriteText("group"u8, row, 3);
        WriteText("accepted_by"u8, row, 4);
        if (row.IsDBNull(5))
            _json.WriteNull("parent_id"u8);
        else
            WriteId("parent_id"u8, row.GetInt64(5));
        _json.WriteNumber("version"u8, version);
        WriteTime("created_at"u8, row, 7);
        WriteTime("updated_at"u8, row, 8);
        WriteTime("closed_at"u8, row, 9);
        WriteIndexedMeta(row);
        _json.WriteStartObject("meta"u8);
        return (ticketId, version);
    }

    /// <summary>Adds the row's block, if it has one.</summary>
    public void AddBlock(NpgsqlDataReader row)
    {
        if (row.IsDBNull(BlockColumn))
            return;
        _json.WriteStartObject(row.GetString(BlockColumn));
        _json.WriteNumber("version"u8, row.GetInt64(BlockColumn + 1));
        _json.WritePropertyName("data"u8);
        _json.WriteRawValue(Data(row), skipInputValidation: true);
        _json.WriteEndObject();
    }

    /// <summary>The whole line, without newline; it holds until the next <see cref="Begin"/>.</summary>
    public ReadOnlyMemory<byte> End()
    {
        _json.WriteEndObject();
        _json.WriteEndObject();
        _json.Flush();
        return _buffer.WrittenMemory;
    }

    public void Dispose() => _json.Dispose();

    /// <summary>The version of a document's ticket.</summary>
    /// <exception cref="InvalidDataException">It has none.</exception>
    public static long VersionOf(ReadOnlySpan<byte> document)
    {
        var reader = new Utf8JsonReader(document);
        while (reader.Read())
        {
            if (reader.CurrentDepth == 1 && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("version"u8))
                return reader.Read() ? reader.GetInt64() : throw new InvalidDataException("The document breaks off in its version.");
        }

        throw new InvalidDataException("The document has no version.");
    }

    /// <summary>The caller's JSON text as it came, on one line: a raw line break can only stand between tokens, where a space means the same.</summary>
    private ReadOnlySpan<byte> Data(NpgsqlDataReader row)
    {
        var length = (int)row.GetBytes(BlockColumn + 2, 0, null, 0, 0);
        if (_data.Length < length)
            _data = new byte[Math.Max(length, 2 * _data.Length)];
        row.GetBytes(BlockColumn + 2, 0, _data, 0, length);
        var data = _data.AsSpan(0, length);
        data.Replace((byte)'\n', (byte)' ');
        data.Replace((byte)'\r', (byte)' ');
        return data;
    }

    private void WriteIndexedMeta(NpgsqlDataReader row)
    {
        _json.WriteStartObject("indexed_meta"u8);
        foreach (var (field, isText, column) in _fields)
        {
            if (row.IsDBNull(column))
                continue;
            if (isText)
                _json.WriteString(field, row.GetString(column));
            else
                _json.WriteNumber(field, row.GetInt64(column));
        }

        _json.WriteEndObject();
    }

    private void WriteText(ReadOnlySpan<byte> name, NpgsqlDataReader row, int column)
    {
        if (row.IsDBNull(column))
            _json.WriteNull(name);
        else
            _json.WriteString(name, row.GetString(column));
    }

    private void WriteId(ReadOnlySpan<byte> name, long id)
    {
        Span<byte> digits = stackalloc byte[20];
        id.TryFormat(digits, out var length, default, CultureInfo.InvariantCulture);
        _json.WriteString(name, digits[..length]);
    }

    private void WriteTime(ReadOnlySpan<byte> name, NpgsqlDataReader row, int column)
    {
        Span<byte> text = stackalloc byte[32];
        row.GetDateTime(column).TryFormat(text, out var length, "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
        _json.WriteString(name, text[..length]);
    }
}
