namespace Tickets.Local.Processes;

/// <summary>A server to run under a guard.</summary>
/// <param name="Name">What people call it; also the name of its pid file.</param>
/// <param name="StopSignal">The signal that ends it when the stack has vanished without saying goodbye.</param>
internal sealed record ProcessSpec(string Name, string Command, IReadOnlyList<string> Arguments, string LogFile, string PidFile, string StopSignal = "SIGTERM")
{
    /// <summary>Added to the environment of the stack.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public string? WorkingDirectory { get; init; }

    /// <summary>The account to run as; null for the stack's own.</summary>
    public ServiceAccount? Account { get; init; }
}
