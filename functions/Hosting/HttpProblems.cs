using Tickets.Contracts;

namespace Tickets.Functions.Hosting;

/// <summary>The problems that come from HTTP itself, whatever the function.</summary>
internal static class HttpProblems
{
    public static Problem NotFound { get; } = new()
    {
        Title = "Not found", Status = StatusCodes.Status404NotFound, Code = ProblemCodes.NotFound, Detail = "There is nothing at this path.",
    };

    public static Problem MethodNotAllowed { get; } = new()
    {
        Title = "Method not allowed", Status = StatusCodes.Status405MethodNotAllowed, Code = ProblemCodes.MethodNotAllowed, Detail = "The Allow header names the methods of this path.",
    };

    public static Problem Unauthorized { get; } = new()
    {
        Title = "Unauthorized", Status = StatusCodes.Status401Unauthorized, Code = ProblemCodes.Unauthorized, Detail = "Send a valid API key, 'Authorization: Bearer tk_…', or a token of the issuer that this server trusts.",
    };

    public static Problem Internal { get; } = new()
    {
        Title = "Internal error", Status = StatusCodes.Status500InternalServerError, Code = ProblemCodes.Internal, Detail = "The error is logged under the trace id.",
    };

    public static Problem Forbidden(string detail) => new()
    {
        Title = "Forbidden", Status = StatusCodes.Status403Forbidden, Code = ProblemCodes.Forbidden, Detail = detail,
    };

    public static Problem MalformedRequest(int status, string detail) => new()
    {
        Title = "The request is malformed", Status = status, Code = ProblemCodes.MalformedRequest, Detail = detail,
    };

    public static Problem UnknownParameter(string detail) => new()
    {
        Title = "Unknown query parameter", Status = StatusCodes.Status400BadRequest, Code = ProblemCodes.UnknownParameter, Detail = detail,
    };

    public static Problem InvalidParameter(string detail) => new()
    {
        Title = "A query parameter is not valid", Status = StatusCodes.Status400BadRequest, Code = ProblemCodes.InvalidParameter, Detail = detail,
    };

    public static Problem InvalidHeader(string detail) => new()
    {
        Title = "A header is not valid", Status = StatusCodes.Status400BadRequest, Code = ProblemCodes.InvalidHeader, Detail = detail,
    };

    public static Problem UnsupportedMediaType(string detail) => new()
    {
        Title = "Unsupported media type", Status = StatusCodes.Status415UnsupportedMediaType, Code = ProblemCodes.UnsupportedMediaType, Detail = detail,
    };

    public static Problem PayloadTooLarge(long limit) => new()
    {
        Title = "The body is too large", Status = StatusCodes.Status413PayloadTooLarge, Code = ProblemCodes.PayloadTooLarge, Detail = $"At most {limit} bytes are taken here.",
    };

    public static Problem Unavailable(string detail) => new()
    {
        Title = "Not available now", Status = StatusCodes.Status503ServiceUnavailable, Code = ProblemCodes.Unavailable, Detail = detail, RetryAfter = 2,
    };
}
