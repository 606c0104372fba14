using System.Globalization;
using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Platform;

namespace Tickets.Functions.Hosting;

/// <summary>Tells a limited caller how it stands: <c>RateLimit-Limit</c>, <c>-Remaining</c>, <c>-Reset</c> (seconds) of its tightest window, and that window's <c>-Policy</c>.</summary>
internal static class RateLimitHeaders
{
    public const string Limit = "RateLimit-Limit";
    public const string Remaining = "RateLimit-Remaining";
    public const string Reset = "RateLimit-Reset";
    public const string Policy = "RateLimit-Policy";

    /// <returns>429 when the request is one too many.</returns>
    public static Problem? Tell(HttpResponse response, RequestAllowance allowance)
    {
        var seconds = Math.Max(1, (int)Math.Ceiling(allowance.Reset.TotalSeconds));
        response.Headers[Limit] = Text(allowance.Limit);
        response.Headers[Remaining] = Text(allowance.Remaining);
        response.Headers[Reset] = Text(seconds);
        response.Headers[Policy] = $"{Text(allowance.Limit)};w={Text((long)allowance.Window.TotalSeconds)}";
        return allowance.Allowed ? null : Problems.LimitReached(allowance.Limit, allowance.Window == TimeSpan.FromDays(1) ? "day" : "minute", seconds);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
