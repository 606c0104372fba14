using System.Diagnostics.CodeAnalysis;
using Azure;
using Azure.Core;

namespace Tickets.Core.Platform.Tables;

/// <summary>The answer to one action of a transaction: its status and headers.</summary>
internal sealed class TableBatchResponse : Response
{
    private readonly Dictionary<string, string> _headers = new(StringComparer.OrdinalIgnoreCase);

    public TableBatchResponse(int status, string part)
    {
        Status = status;
        foreach (var line in part.Split('\n').Skip(1).Select(l => l.Trim()).TakeWhile(l => l.Length > 0))
        {
            if (line.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon)
                _headers[line[..colon]] = line[(colon + 1)..].Trim();
        }
    }

    public override int Status { get; }
    public override string ReasonPhrase => "";
    public override Stream? ContentStream { get; set; }
    public override string ClientRequestId { get; set; } = "";

    public override void Dispose()
    {
    }

    protected override bool ContainsHeader(string name) => _headers.ContainsKey(name);
    protected override IEnumerable<HttpHeader> EnumerateHeaders() => _headers.Select(h => new HttpHeader(h.Key, h.Value));
    protected override bool TryGetHeader(string name, [NotNullWhen(true)] out string? value) => _headers.TryGetValue(name, out value);

    protected override bool TryGetHeaderValues(string name, [NotNullWhen(true)] out IEnumerable<string>? values)
    {
        values = _headers.TryGetValue(name, out var value) ? [value] : null;
        return values is not null;
    }
}
