namespace Tickets.Functions.Hosting;

/// <summary>What a request sends as <c>Authorization: Bearer …</c>.</summary>
internal static class BearerCredential
{
    private const string Scheme = "Bearer ";

    /// <returns>Null when there is none, or more than one.</returns>
    public static string? Of(HttpRequest request)
    {
        var header = request.Headers.Authorization;
        return header.Count == 1 && header[0] is { } value && value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? value[Scheme.Length..].Trim()
            : null;
    }
}
