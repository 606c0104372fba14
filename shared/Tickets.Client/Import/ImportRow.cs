using System.Text.Json.Nodes;

namespace Tickets.Client.Import;

/// <summary>One row of a source, before it is mapped.</summary>
/// <param name="Line">Where the row begins in its file, from 1; identifies it in the state and in reports.</param>
/// <param name="Values">Column name → value: text from a CSV, any JSON from NDJSON. Null when the row cannot be read.</param>
/// <param name="Fault">Why the row cannot be read.</param>
public sealed record ImportRow(long Line, JsonObject? Values, string? Fault = null);
