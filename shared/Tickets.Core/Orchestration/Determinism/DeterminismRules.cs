namespace Tickets.Core.Orchestration.Determinism;

/// <summary>What an orchestrator may not do, by rule.</summary>
internal static class DeterminismRules
{
    public const string Clock = "clock";
    public const string Random = "random";
    public const string Delay = "non_durable_delay";
    public const string Threads = "threads";
    public const string Environment = "environment";
    public const string InputOutput = "io";
    public const string ConfigureAwait = "configure_await_false";
    public const string NonDurableAwait = "non_durable_await";
    public const string HistoryMismatch = "history_mismatch";

    private static readonly HashSet<string> ClockMembers = ["get_Now", "get_UtcNow", "get_Today", "GetUtcNow", "GetLocalNow", "GetTimestamp", "StartNew", "get_TickCount", "get_TickCount64"];

    /// <summary>The rule that a call of this member breaks, or null.</summary>
    /// <param name="type">Full name of the declaring type, without type arguments.</param>
    public static string? BrokenBy(string type, string member) => (type, member) switch
    {
        ("System.DateTime" or "System.DateTimeOffset" or "System.TimeProvider" or "System.Diagnostics.Stopwatch", _) when ClockMembers.Contains(member) => Clock,
        ("System.Environment", "get_TickCount" or "get_TickCount64") => Clock,
        ("System.Guid", "NewGuid" or "CreateVersion7") => Random,
        ("System.Random" or "System.Security.Cryptography.RandomNumberGenerator", _) => Random,
        ("System.Threading.Tasks.Task", "Delay") or ("System.Threading.Thread", "Sleep") => Delay,
        ("System.Threading.Tasks.Task", "Run" or "ContinueWith") or ("System.Threading.Tasks.TaskFactory", "StartNew") => Threads,
        ("System.Threading.Thread", "Start" or ".ctor") or ("System.Threading.SemaphoreSlim", _) => Threads,
        ("System.Environment", "GetEnvironmentVariable" or "get_MachineName" or "get_ProcessId") => Environment,
        ("System.Net.Http.HttpClient" or "System.IO.File" or "Npgsql.NpgsqlDataSource" or "Npgsql.NpgsqlConnection" or "Azure.Storage.Blobs.BlobClient", _) => InputOutput,
        _ => null,
    };
}
