using System.Text.Json;
using System.Text.Json.Nodes;
using Tickets.Client;

namespace Tickets.Cli;

/// <summary>Writes bodies to standard output in the form asked for.</summary>
internal sealed class AnswerWriter(ITerminal terminal, OutputForm form)
{
    public OutputForm Form => form;

    public void Write(TicketsResponse response)
    {
        if (form == OutputForm.Raw || !TryParse(response.Body.Span, out var document))
            WriteBytes(response.Body.Span);
        else
            Write(document);
    }

    /// <summary>A document of the command's own making; raw is plain JSON then.</summary>
    public void Write(JsonNode? document)
    {
        if (form == OutputForm.Table) TableView.Write(terminal, document);
        else terminal.Out.WriteLine(PrettyJson.Write(document));
    }

    /// <summary>One document of a stream, on one line.</summary>
    public void WriteLine(JsonNode? document) => terminal.Out.WriteLine(PrettyJson.WriteLine(document));

    private void WriteBytes(ReadOnlySpan<byte> body)
    {
        terminal.Out.Flush();
        terminal.OutBytes.Write(body);
        terminal.OutBytes.Flush();
    }

    private static bool TryParse(ReadOnlySpan<byte> body, out JsonNode? document)
    {
        document = null;
        try
        {
            document = JsonNode.Parse(body);
            return true;
        }
        catch (JsonException)
        {
            // Not an answer of Tickets: shown as it came.
            return false;
        }
    }
}
