using Tickets.Contracts;
using Tickets.Functions.Hosting;

namespace Tickets.Functions.OpenApi;

/// <summary>The problems that follow from a function's declaration.</summary>
internal static class CommonProblems
{
    public static IEnumerable<string> Of(HttpFunction function, FunctionDescription description)
    {
        yield return ProblemCodes.UnknownParameter;
        yield return ProblemCodes.Internal;
        if (function.QueryParameters.Count > 0)
            yield return ProblemCodes.InvalidParameter;
        if (description.Headers.Any(header => header is "If-Match" or "If-None-Match" or "Idempotency-Key"))
            yield return ProblemCodes.InvalidHeader;
        if (description.Body is not null)
        {
            yield return ProblemCodes.MalformedRequest;
            yield return ProblemCodes.MalformedJson;
            yield return ProblemCodes.UnknownMember;
            yield return ProblemCodes.InvalidField;
            yield return ProblemCodes.PayloadTooLarge;
            yield return ProblemCodes.UnsupportedMediaType;
        }

        if (function.Permission is null)
            yield break;
        yield return ProblemCodes.Unauthorized;
        yield return ProblemCodes.Forbidden;
        yield return ProblemCodes.TooManyRequests;
        yield return ProblemCodes.Unavailable;
    }
}
