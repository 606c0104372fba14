using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;
using Tickets.Contracts;
using Tickets.Core.Platform;

namespace Tickets.Functions.Hosting;

/// <summary>The query of a request, read from its text: most requests have none, and few have more than two.</summary>
internal static class QueryParameters
{
    /// <summary>The value of a declared parameter; null when it is not given, empty when it has no value.</summary>
    public static string? Parameter(this HttpContext context, string name)
    {
        foreach (var pair in new QueryStringEnumerable(context.Request.QueryString.Value))
        {
            if (pair.DecodeName().Span.SequenceEqual(name))
                return pair.DecodeValue().ToString();
        }

        return null;
    }

    /// <summary>A parameter that is a whole number.</summary>
    public static Result<int> Number(this HttpContext context, string name, int fallback, int least, int most)
    {
        if (context.Parameter(name) is not { } text)
            return fallback;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
            ? value
            : Problems.InvalidParameter(name, $"expected a whole number from {least} to {most}.");
    }

    /// <summary>The fault of a query for a function that knows only some parameters, or null.</summary>
    internal static Problem? Fault(QueryString query, IReadOnlyList<string> known)
    {
        if (!query.HasValue)
            return null;

        List<string>? unknown = null;
        HashSet<string>? seen = null;
        foreach (var pair in new QueryStringEnumerable(query.Value))
        {
            var name = pair.DecodeName().ToString();
            if (!known.Contains(name, StringComparer.Ordinal))
            {
                (unknown ??= []).Add(name);
                continue;
            }

            // Hosts that rebuild the query join repeated values with a comma; what arrives would depend on the way taken.
            if (!(seen ??= new HashSet<string>(StringComparer.Ordinal)).Add(name))
                return HttpProblems.InvalidParameter($"'{name}' is given more than once.");
            if (!IsText(pair.DecodeValue().Span))
                return HttpProblems.InvalidParameter($"'{name}' is not valid UTF-8 text.");
        }

        return unknown is null ? null : HttpProblems.UnknownParameter($"Not known here: {Quoted(unknown)}. {Known(known)}");
    }

    /// <summary>Sequences that are not UTF-8 stay percent-encoded or become U+FFFD; NUL cannot be stored in PostgreSQL.</summary>
    private static bool IsText(ReadOnlySpan<char> value) => !value.ContainsAny('\0', '\uFFFD');

    private static string Known(IReadOnlyList<string> known) => known.Count == 0 ? "This function takes none." : $"Known are {Quoted(known)}.";

    private static string Quoted(IEnumerable<string> names) => string.Join(", ", names.Select(n => $"'{n}'"));
}
