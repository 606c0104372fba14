using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Tickets.Functions.OpenApi;

/// <summary>What the comments of the wire records say, as Markdown: the compiler's documentation file of the contracts, which the app carries.</summary>
internal static partial class ContractDocs
{
    private const string Resource = "Tickets.Contracts.xml";

    private static readonly Lazy<Dictionary<string, XElement>> Members = new(() =>
    {
        using var file = typeof(ContractDocs).Assembly.GetManifestResourceStream(Resource) ?? throw new InvalidOperationException($"The app has no {Resource}.");
        return XDocument.Load(file).Descendants("member").ToDictionary(member => member.Attribute("name")!.Value, StringComparer.Ordinal);
    });

    /// <returns>Null: the record's name says everything.</returns>
    public static string? Of(Type type) => Text(Find($"T:{type.FullName}")?.Element("summary"));

    /// <summary>Of a property: its own words, or, of a positional record, those of the parameter.</summary>
    public static string? Of(Type type, string property) =>
        Text(Find($"P:{type.FullName}.{property}")?.Element("summary"))
        ?? Text(Find($"T:{type.FullName}")?.Elements("param").FirstOrDefault(parameter => parameter.Attribute("name")!.Value == property));

    private static XElement? Find(string name) => Members.Value.GetValueOrDefault(name);

    private static string? Text(XElement? words)
    {
        if (words is null)
            return null;
        var text = new StringBuilder();
        foreach (var node in words.DescendantNodes())
        {
            if (node is XText { Parent.Name.LocalName: "c" } code)
                text.Append('`').Append(code.Value).Append('`');
            else if (node is XText plain)
                text.Append(plain.Value);
            else if (node is XElement { IsEmpty: true } reference)
                text.Append('`').Append(WireName(reference)).Append('`');
        }

        return Spaces().Replace(text.ToString(), " ").Trim() is { Length: > 0 } said ? said : null;
    }

    /// <summary>Members are called here as they are on the wire, records as they are.</summary>
    private static string WireName(XElement reference)
    {
        var name = (reference.Attribute("cref") ?? reference.Attribute("name"))!.Value;
        var last = name[(name.LastIndexOfAny(['.', ':']) + 1)..];
        return name.StartsWith("T:", StringComparison.Ordinal) ? last : System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(last);
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
