using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tickets.Client.Import;

namespace Tickets.Cli;

/// <summary>One JSON object per line; blank lines are skipped.</summary>
internal sealed class NdjsonFile(FileStream file) : ImportFile(file)
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private readonly StreamReader _reader = new(file);

    public override IReadOnlyList<string>? Columns => null;

    public override async IAsyncEnumerable<ImportRow> ReadAsync([EnumeratorCancellation] CancellationToken cancel = default)
    {
        for (var line = 1L; await _reader.ReadLineAsync(cancel) is { } text; line++)
        {
            if (!string.IsNullOrWhiteSpace(text)) yield return Row(line, text);
        }
    }

    public override void Dispose()
    {
        _reader.Dispose();
        base.Dispose();
    }

    private static ImportRow Row(long line, string text)
    {
        try
        {
            return JsonNode.Parse(text, documentOptions: Strict) is JsonObject values
                ? new ImportRow(line, values)
                : new ImportRow(line, null, "The line is not a JSON object.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The second: a name with half of an escaped character.
            return new ImportRow(line, null, $"The line is not JSON: {e.Message}");
        }
    }
}
