using System.Text.Json.Nodes;
using Tickets.Client.Import;

namespace Tickets.Cli;

/// <summary>Every row that failed, as one JSON document per line, in the order in which they failed.</summary>
internal sealed class ImportErrorsFile(string path) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly StreamWriter _writer = new(path);

    public void Write(ImportFailure failure)
    {
        var document = new JsonObject { ["line"] = failure.Line, ["code"] = failure.Code, ["reason"] = failure.Reason };
        lock (_gate) _writer.WriteLine(PrettyJson.WriteLine(document));
    }

    public void Dispose() => _writer.Dispose();
}
