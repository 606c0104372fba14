using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using Tickets.Contracts;
using Tickets.Core.Platform.Json;

namespace Tickets.Core.Ticketing.Rules;

/// <summary>Writes an op's diff with the names that updates use: <c>status</c>, <c>meta.BLOCK</c>, <c>indexed_meta.FIELD</c>.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Finish gives the scratch back, which holds nothing but memory.")]
internal sealed class DiffWriter
{
    private readonly JsonScratch _scratch = JsonScratch.Take();
    private readonly Utf8JsonWriter _writer;
    private List<string>? _unset;

    public DiffWriter()
    {
        _writer = _scratch.Writer;
        _writer.WriteStartObject();
        _writer.WriteStartObject("set"u8);
    }

    /// <summary>The diff of a ticket that is new to its queue: all that it has.</summary>
    public static string WholeTicket(TicketState ticket)
    {
        var diff = new DiffWriter();
        diff.Set("status", ticket.Status);
        if (ticket.Resolution is { } resolution)
            diff.Set("resolution", resolution);
        if (ticket.Group is { } group)
            diff.Set("group", group);
        if (ticket.AcceptedBy is { } by)
            diff.Set("accepted_by", by);
        if (ticket.ParentId is { } parent)
            diff.Set("parent_id", parent.ToString());
        diff.Set("created_at", ticket.CreatedAt);
        foreach (var field in ticket.Queue.Workflow.Fields.Values)
        {
            if (field.ValueIn(ticket.Indexed) is { } value)
                diff.SetField(field.Name, value);
        }

        foreach (var (block, state) in ticket.Blocks)
        {
            if (state.Json is { } json)
                diff.SetMeta(block, json);
        }

        return diff.Finish();
    }

    public void Fields(IReadOnlyList<FieldWrite> writes)
    {
        foreach (var (field, value) in writes)
        {
            if (value is { } written)
                SetField(field.Name, written);
            else
                Unset($"indexed_meta.{field.Name}");
        }
    }

    public void Set(string name, string value) => _writer.WriteString(name, value);

    public void Set(string name, DateTimeOffset value) => _writer.WriteString(name, Rfc3339.Format(value));

    public void SetMeta(string block, string json)
    {
        _writer.WritePropertyName($"meta.{block}");
        _writer.WriteRawValue(json, skipInputValidation: true);
    }

    private void SetField(string field, IndexedValue value)
    {
        if (value.Text is { } text)
            _writer.WriteString($"indexed_meta.{field}", text);
        else
            _writer.WriteNumber($"indexed_meta.{field}", value.Number);
    }

    public void Unset(string name) => (_unset ??= []).Add(name);

    public string Finish()
    {
        _writer.WriteEndObject();
        if (_unset is not null)
        {
            _writer.WriteStartArray("unset"u8);
            foreach (var name in _unset)
                _writer.WriteStringValue(name);
            _writer.WriteEndArray();
        }

        _writer.WriteEndObject();
        var diff = Encoding.UTF8.GetString(_scratch.Written());
        _scratch.Dispose();
        return diff;
    }
}
