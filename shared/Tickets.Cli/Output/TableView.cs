using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Tickets.Cli;

/// <summary>
/// Draws any answer: a document whose first member is an array is a list and becomes a table, with its other members below;
/// anything else becomes a column of names and values.
/// </summary>
internal static class TableView
{
    public static void Write(ITerminal terminal, JsonNode? document)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(terminal.Out), Ansi = AnsiSupport.No, Interactive = InteractionSupport.No });
        console.Profile.Width = terminal.Width;
        if (document is not JsonObject members)
        {
            terminal.Out.WriteLine(Text(document));
        }
        else if (members.FirstOrDefault() is { Key: { } name, Value: JsonArray items })
        {
            console.Write(List(name, items));
            foreach (var (other, value) in members.Skip(1)) terminal.Out.WriteLine($"{other}: {Text(value)}");
        }
        else
        {
            console.Write(Details(members));
        }
    }

    private static Table List(string name, JsonArray items)
    {
        var columns = items.OfType<JsonObject>().SelectMany(item => item.Select(member => member.Key)).Distinct().ToList();
        if (columns.Count == 0) return Column(name, items);
        var table = Plain();
        foreach (var column in columns) table.AddColumn(Markup.Escape(column));
        foreach (var item in items) table.AddRow([.. columns.Select(column => new Text(Text((item as JsonObject)?[column])))]);
        return table;
    }

    private static Table Column(string name, JsonArray items)
    {
        var table = Plain().AddColumn(Markup.Escape(name));
        foreach (var item in items) table.AddRow(new Text(Text(item)));
        return table;
    }

    private static Table Details(JsonObject members)
    {
        var table = Plain().HideHeaders().AddColumn("name").AddColumn("value");
        foreach (var (name, value) in members) table.AddRow(new Text(name), new Text(Text(value)));
        return table;
    }

    private static Table Plain() => new Table().Border(TableBorder.Simple);

    private static string Text(JsonNode? value) => value switch
    {
        null => "",
        _ when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        _ => PrettyJson.WriteLine(value),
    };
}
