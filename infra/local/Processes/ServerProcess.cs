namespace Tickets.Local.Processes;

/// <summary>A server that may be stopped, killed and started again as it was.</summary>
/// <param name="isReady">Asked with its log. Not its ports: another program that took one first would answer there just the same.</param>
internal sealed class ServerProcess(ProcessSpec spec, Func<string, bool> isReady) : IAsyncDisposable
{
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(10);

    private GuardedProcess? _process;

    public int Pid => Running.Pid;

    public Task<string> Exited => Running.Exited;

    private GuardedProcess Running => _process ?? throw new InvalidOperationException($"{spec.Name} is stopped.");

    /// <summary>Returns when it is ready.</summary>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        if (_process is { HasExited: false })
            throw new InvalidOperationException($"{spec.Name} is running.");
        await ReleaseAsync();
        _process = await GuardedProcess.StartAsync(spec, cancellationToken);
        await _process.WaitUntilReadyAsync(_ => Task.FromResult(isReady(_process.ReadLog())), ReadyLimit, cancellationToken);
    }

    public Task StopAsync() => EndAsync("SIGTERM");

    public Task KillAsync() => EndAsync("SIGKILL");

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await ReleaseAsync();
    }

    private async Task EndAsync(string signal)
    {
        if (_process is not null)
            await _process.StopAsync(signal, StopLimit);
    }

    private async Task ReleaseAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
        _process = null;
    }
}
