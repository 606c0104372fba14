namespace Tickets.Functions.Health;

/// <summary>One dependency, as <c>/health/ready</c> names it. Registered as a singleton each.</summary>
/// <param name="Check">Null when all is well, else why not, in words fit for anybody's eyes. An exception counts as not well.</param>
internal sealed record HealthCheck(string Name, Func<CancellationToken, Task<string?>> Check);

/// <summary>Why the settings are too old to act on, or null. Asked by <c>/ping</c>.</summary>
internal delegate string? SettingsFault();
