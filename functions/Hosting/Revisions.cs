using System.Globalization;
using Microsoft.Extensions.Primitives;
using Tickets.Core.Platform;
using Tickets.Core.Settings;

namespace Tickets.Functions.Hosting;

/// <summary>Entity tags that are numbers: <c>"7"</c>.</summary>
internal static class Revisions
{
    /// <returns>Null when the header is not there.</returns>
    public static Result<long?> Read(StringValues ifMatch, string what)
    {
        if (ifMatch.Count == 0)
            return (long?)null;
        return ifMatch is [{ Length: > 2 } tag] && tag[0] == '"' && tag[^1] == '"' && long.TryParse(tag.AsSpan(1, tag.Length - 2), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (long?)number
            : HttpProblems.InvalidHeader($"If-Match: one {what} in quotes is expected, such as \"7\".");
    }

    public static Result<PutPrecondition> Precondition(HttpRequest request)
    {
        var ifMatch = Read(request.Headers.IfMatch, "revision");
        if (ifMatch.IsProblem)
            return ifMatch.Problem;
        var ifNoneMatch = request.Headers.IfNoneMatch;
        if (ifNoneMatch.Count > 0 && ifNoneMatch is not ["*"])
            return HttpProblems.InvalidHeader("If-None-Match: only * is expected here.");
        return ifNoneMatch.Count > 0 && ifMatch.Value is not null
            ? HttpProblems.InvalidHeader("Give If-Match to change or If-None-Match to create, not both.")
            : new PutPrecondition(ifMatch.Value, ifNoneMatch.Count > 0);
    }
}
