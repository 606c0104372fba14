using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Tickets.Contracts;

namespace Tickets.Functions.Hosting;

/// <summary>Says what is wrong with a body that did not fit its record: every fault of its shape, not the first one only.</summary>
internal static class JsonBodyFaults
{
    private const int MostErrors = 50;

    public static Problem Describe(ReadOnlyMemory<byte> body, JsonTypeInfo typeInfo, JsonException exception)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(body);
        }
        catch (JsonException syntax)
        {
            return Problems.MalformedJson($"Not JSON at line {syntax.LineNumber + 1}, byte {syntax.BytePositionInLine + 1}.");
        }

        using (document)
        {
            var walk = new Walk(Pointer(exception.Path));
            walk.Visit(document.RootElement, typeInfo, "");
            if (walk.Unknown.Count > 0)
                return Problems.UnknownMember([.. walk.Unknown.Concat(walk.Others).Take(MostErrors)]);
            if (walk.Others.Count > 0)
                return Problems.InvalidField([.. walk.Others.Take(MostErrors)]);
            return Problems.InvalidField([new ProblemError(walk.Failed, walk.Expected)]);
        }
    }

    /// <summary><c>$.items[2]['a.b']</c> → <c>/items/2/a.b</c>.</summary>
    internal static string Pointer(string? path)
    {
        var pointer = new StringBuilder();
        var rest = (path ?? "$").AsSpan(1);
        while (!rest.IsEmpty)
        {
            var (start, end, next) = rest switch
            {
                ['[', '\'', ..] => rest.IndexOf("']") is var close and > 0 ? (2, close, close + 2) : (2, rest.Length, rest.Length),
                ['[', ..] => rest.IndexOf(']') is var close and > 0 ? (1, close, close + 1) : (1, rest.Length, rest.Length),
                _ => rest[1..].IndexOfAny('.', '[') is var close and >= 0 ? (1, close + 1, close + 1) : (1, rest.Length, rest.Length),
            };
            pointer.Append('/').Append(Escaped(rest[start..end].ToString()));
            rest = rest[next..];
        }

        return pointer.ToString();
    }

    private static string Escaped(string token) => token.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    /// <summary>Compares a document with the type that it should have become.</summary>
    private sealed class Walk(string failed)
    {
        public List<ProblemError> Unknown { get; } = [];
        public List<ProblemError> Others { get; } = [];
        public string Failed => failed;

        /// <summary>What should have been at the place where reading failed.</summary>
        public string Expected { get; private set; } = "is not of the expected type";

        public void Visit(JsonElement element, JsonTypeInfo type, string pointer)
        {
            if (pointer == failed)
                Expected = Expectation(type);

            switch (type.Kind)
            {
                case JsonTypeInfoKind.Object when element.ValueKind == JsonValueKind.Object:
                    VisitMembers(element, type, pointer);
                    break;
                case JsonTypeInfoKind.Dictionary when element.ValueKind == JsonValueKind.Object:
                    RefuseRepeats(element, pointer);
                    foreach (var member in element.EnumerateObject())
                        Visit(member.Value, type.Options.GetTypeInfo(type.ElementType!), $"{pointer}/{Escaped(member.Name)}");
                    break;
                case JsonTypeInfoKind.Enumerable when element.ValueKind == JsonValueKind.Array:
                    var index = 0;
                    foreach (var item in element.EnumerateArray())
                        Visit(item, type.Options.GetTypeInfo(type.ElementType!), $"{pointer}/{index++}");
                    break;
                default:
                    VisitUninterpreted(element, pointer);
                    break;
            }
        }

        private void VisitUninterpreted(JsonElement element, string pointer)
        {
            switch (element.ValueKind)
            {
                case JsonValueKind.Object:
                    RefuseRepeats(element, pointer);
                    foreach (var member in element.EnumerateObject())
                        VisitUninterpreted(member.Value, $"{pointer}/{Escaped(member.Name)}");
                    break;
                case JsonValueKind.Array:
                    var index = 0;
                    foreach (var item in element.EnumerateArray())
                        VisitUninterpreted(item, $"{pointer}/{index++}");
                    break;
            }
        }

        private void VisitMembers(JsonElement element, JsonTypeInfo type, string pointer)
        {
            RefuseRepeats(element, pointer);
            var properties = type.Properties.Where(p => p.Set is not null || p.AssociatedParameter is not null).ToDictionary(p => p.Name, StringComparer.Ordinal);
            foreach (var member in element.EnumerateObject())
            {
                var at = $"{pointer}/{Escaped(member.Name)}";
                if (!properties.Remove(member.Name, out var property))
                {
                    if (Others.All(e => e.Pointer != at))
                        Unknown.Add(new ProblemError(at, "is not known"));
                }
                else if (member.Value.ValueKind == JsonValueKind.Null && !property.IsSetNullable && !property.PropertyType.IsValueType)
                {
                    Others.Add(new ProblemError(at, "may not be null"));
                }
                else
                {
                    Visit(member.Value, type.Options.GetTypeInfo(property.PropertyType), at);
                }
            }

            foreach (var missing in properties.Values.Where(p => p.IsRequired))
                Others.Add(new ProblemError($"{pointer}/{Escaped(missing.Name)}", "is missing"));
        }

        /// <summary>Refused because which of the two values counts would depend on the reader.</summary>
        private void RefuseRepeats(JsonElement element, string pointer)
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            foreach (var member in element.EnumerateObject())
            {
                var at = $"{pointer}/{Escaped(member.Name)}";
                if (!seen.Add(member.Name) && Others.All(e => e.Pointer != at))
                    Others.Add(new ProblemError(at, "is given twice"));
            }
        }

        private static string Expectation(JsonTypeInfo type)
        {
            var clr = Nullable.GetUnderlyingType(type.Type) ?? type.Type;
            return type.Kind switch
            {
                JsonTypeInfoKind.Object or JsonTypeInfoKind.Dictionary => "must be an object",
                JsonTypeInfoKind.Enumerable => "must be an array",
                _ when clr == typeof(string) => "must be a string",
                _ when clr == typeof(bool) => "must be true or false",
                _ when clr == typeof(int) || clr == typeof(long) => "must be an integer in range",
                _ when clr == typeof(DateTimeOffset) => "must be a time like 2026-02-03T04:05:06Z",
                _ when clr == typeof(IndexedValue) => "must be an int64 or a string",
                _ => "is not of the expected type",
            };
        }
    }
}
