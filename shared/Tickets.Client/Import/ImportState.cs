using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tickets.Contracts;

namespace Tickets.Client.Import;

/// <summary>
/// What is known of each row, in a file that only grows: its nonce before it is sent, its outcome after. A process killed at any moment
/// leaves at most rows whose outcome is unknown; they are sent again with the same nonce, so none is created twice and none lost.
/// </summary>
/// <remarks>
/// Written to the operating system row by row and not flushed to the disk: it outlives its process, and a machine that loses power may lose its end.
/// </remarks>
internal sealed class ImportState : IDisposable
{
    private readonly Lock _gate = new();
    private readonly FileStream _file;
    private readonly Dictionary<long, RowState> _rows;

    private ImportState(FileStream file, Dictionary<long, RowState> rows) => (_file, _rows) = (file, rows);

    /// <exception cref="ImportStateException">The file is no state, belongs to another import, or another import is using it.</exception>
    public static ImportState Open(string path, Uri address, string queue)
    {
        FileStream opened;
        try
        {
            opened = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        }
        catch (IOException e)
        {
            throw new ImportStateException($"The state file {path} cannot be opened: {e.Message}", e);
        }
        try
        {
            var known = new Dictionary<long, RowState>();
            var header = Replay(opened, path, known);
            var ours = new StateRecord { Import = 1, Address = address.AbsoluteUri, Queue = queue };
            if (header is null) Append(opened, ours);
            else if (header != ours)
                throw new ImportStateException($"The state file {path} belongs to an import into {header.Queue} at {header.Address}. Give this import its own.");
            return new ImportState(opened, known);
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>A digest of what a row would create, by which a later run sees that file and mapping are still the same.</summary>
    public static string Digest(CreateTicketRequest request) =>
        Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(request, TicketsJson.Default.CreateTicketRequest)).AsSpan(0, 8));

    /// <summary>What an earlier run left of this row.</summary>
    public RowState? Find(long line)
    {
        lock (_gate) return _rows.GetValueOrDefault(line);
    }

    /// <summary>To be called before the row is sent.</summary>
    public void Sending(long line, string nonce, string digest) => Append(new StateRecord { Line = line, Nonce = nonce, Digest = digest });

    public void Created(long line, string ticketId) => Append(new StateRecord { Line = line, TicketId = ticketId });

    /// <summary>The server refused the row for good: a later run may try it again with a new nonce and other content.</summary>
    public void Refused(long line, string code) => Append(new StateRecord { Line = line, Refused = code });

    public void Dispose() => _file.Dispose();

    private void Append(StateRecord record)
    {
        lock (_gate) Append(_file, record);
    }

    private static void Append(FileStream opened, StateRecord record)
    {
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(record, ImportStateJson.Default.StateRecord), (byte)'\n'];
        opened.Write(line);
    }

    /// <summary>Reads what is there and cuts off a last line that a kill left half written: what it would have said never happened.</summary>
    private static StateRecord? Replay(FileStream opened, string path, Dictionary<long, RowState> known)
    {
        var bytes = new byte[opened.Length];
        opened.ReadExactly(bytes);
        var end = bytes.AsSpan().LastIndexOf((byte)'\n') + 1;
        StateRecord? header = null;
        var number = 0;
        if (end == 0 && bytes.Length > 0 && bytes[0] != (byte)'{') throw new ImportStateException($"{path} is not the state of an import.");
        foreach (var range in bytes.AsSpan(0, end).Split((byte)'\n'))
        {
            var line = bytes.AsSpan(0, end)[range];
            if (line.IsEmpty) continue;
            number++;
            var record = Parse(line, path, number);
            if (number == 1) header = record.Import == 1 ? record : throw new ImportStateException($"{path} is not the state of an import.");
            else if (record.Nonce is { } nonce) known[record.Line] = new RowState(nonce, record.Digest!, null);
            else if (record.Refused is not null) known.Remove(record.Line);
            else if (known.TryGetValue(record.Line, out var sent)) known[record.Line] = sent with { TicketId = record.TicketId };
            else throw new ImportStateException($"{path} is damaged: line {number} has the outcome of a row that was never sent.");
        }
        // Only now that the file is known to be ours.
        opened.SetLength(end);
        opened.Seek(0, SeekOrigin.End);
        return header;
    }

    private static StateRecord Parse(ReadOnlySpan<byte> line, string path, int number)
    {
        try
        {
            return JsonSerializer.Deserialize(line, ImportStateJson.Default.StateRecord)!;
        }
        catch (JsonException e)
        {
            throw new ImportStateException($"{path} is not the state of an import: line {number} cannot be read.", e);
        }
    }
}

/// <param name="Nonce">The nonce under which the row was sent, or was about to be.</param>
/// <param name="Digest">Of what it would create.</param>
/// <param name="TicketId">Null while the outcome is unknown.</param>
internal sealed record RowState(string Nonce, string Digest, string? TicketId);

internal sealed record StateRecord
{
    public int Import { get; init; }
    public string? Address { get; init; }
    public string? Queue { get; init; }
    public long Line { get; init; }
    public string? Nonce { get; init; }
    public string? Digest { get; init; }
    public string? TicketId { get; init; }
    public string? Refused { get; init; }
}

/// <summary>A state file that this import cannot go on from.</summary>
public sealed class ImportStateException(string message, Exception? inner = null) : Exception(message, inner);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(StateRecord))]
internal sealed partial class ImportStateJson : JsonSerializerContext;
