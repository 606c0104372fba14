namespace Tickets.Core.Access;

/// <summary>How many requests a caller may make in a minute and in a day of UTC; null: any number.</summary>
public sealed record RequestLimits(int? PerMinute, long? PerDay)
{
    /// <returns>Null when there is no limit.</returns>
    public static RequestLimits? Of(int? perMinute, long? perDay) => perMinute is null && perDay is null ? null : new RequestLimits(perMinute, perDay);
}

/// <summary>Whether a request may go on, and how its caller's tightest window stands after it.</summary>
/// <param name="Window">The window's length: a minute or a day.</param>
/// <param name="Reset">Until the window ends and the count begins anew.</param>
public readonly record struct RequestAllowance(bool Allowed, long Limit, long Remaining, TimeSpan Window, TimeSpan Reset);
