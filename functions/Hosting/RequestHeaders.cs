using Tickets.Core.Platform;

namespace Tickets.Functions.Hosting;

/// <summary>Headers that more than one function reads.</summary>
internal static class RequestHeaders
{
    private const int MaxIdempotencyKey = 128;

    /// <returns>Null when the header is not there.</returns>
    public static Result<string?> IdempotencyKey(this HttpRequest request)
    {
        var header = request.Headers["Idempotency-Key"];
        if (header.Count == 0)
            return (string?)null;
        return header is [{ Length: > 0 and <= MaxIdempotencyKey } key]
            ? key
            : HttpProblems.InvalidHeader($"Idempotency-Key: one value of 1 to {MaxIdempotencyKey} characters is expected.");
    }
}
