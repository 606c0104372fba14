using System.Diagnostics;
using System.Text.Json.Nodes;
using Tickets.Local;

namespace Tickets.Bench.Oplog;

/// <param name="P50">In milliseconds, as the others.</param>
internal sealed record Delays(long Count, double P50, double P99, double Max);

/// <summary>A subscriber with the official SDK, in a process of its own, that measures from commit to arrival.</summary>
internal sealed class DeliverySubscriber : IDisposable
{
    private readonly Process _process;

    private DeliverySubscriber(Process process) => _process = process;

    public static DeliverySubscriber Start(ServiceBusBroker broker)
    {
        var start = new ProcessStartInfo("node", [Repository.PathTo("tests", "Tickets.Bench", "Oplog", "delivery.mjs"), "tickets-oplog", "changes"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
            Environment = { ["BROKER"] = broker.ConnectionString, ["MODULES"] = broker.Modules },
        };
        return new DeliverySubscriber(Process.Start(start)!);
    }

    /// <summary>Until it holds its sessions, which are there once changes flow: how long a subscriber takes to begin is no delay of a change.</summary>
    public async Task ReadyAsync()
    {
        var said = await _process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(1));
        if (said != "ready")
            throw new BenchException($"The subscriber has said '{said}'.");
    }

    public Task MeasureAsync() => _process.StandardInput.WriteLineAsync("measure");

    public async Task<Delays> StopAsync()
    {
        await _process.StandardInput.WriteLineAsync("stop");
        var said = JsonNode.Parse(await _process.StandardOutput.ReadLineAsync() ?? throw new BenchException("The subscriber has ended without a word."))!;
        await _process.WaitForExitAsync();
        return new Delays((long)said["count"]!, (double)said["p50"]!, (double)said["p99"]!, (double)said["max"]!);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }
}
