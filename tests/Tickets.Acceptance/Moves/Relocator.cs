using Tickets.Core.Platform;
using Tickets.Core.Ticketing.Placement;
using Tickets.Local;

namespace Tickets.Acceptance.Moves;

/// <summary>A process of its own that moves queues between the shards of a stack, step by step as a test asks.</summary>
internal sealed class Relocator(CoreProcess process) : IAsyncDisposable
{
    // Processes with older settings are out of service after this; the shards are cleared then.
    private const string MaxStaleness = "00:00:03";

    private const int MostTries = 15;

    public QueueRelocation Steps => process.Get<QueueRelocation>();

    public static async Task<Relocator> StartAsync(LocalStack stack) => new(await CoreProcess.StartAsync(stack, ("Settings:MaxStaleness", MaxStaleness)));

    /// <summary>All steps, as the operation takes them: with another session when one is lost.</summary>
    public async Task MoveAsync(string queue, string moveId, params string[] to)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await TryMoveAsync(queue, moveId, to);
                return;
            }
            catch (Exception fault) when (ConnectionLoss.Is(fault) && tries < MostTries)
            {
                // One for each session of the pool at most.
            }
        }
    }

    private async Task TryMoveAsync(string queue, string moveId, string[] to)
    {
        Assert.False((await Steps.BeginAsync(queue, moveId, to, CancellationToken.None)).IsProblem);
        while (!await Steps.CopyAsync(queue, moveId, TimeSpan.FromSeconds(1), _ => { }, CancellationToken.None))
        {
        }

        await Steps.SwitchAsync(queue, moveId, CancellationToken.None);
    }

    public async Task ClearAsync(string queue, string moveId)
    {
        var move = process.Get<SettingsCache>().Current.Queues[queue].Definition.Moving!;
        // A timer may be a moment early.
        for (var left = Steps.ClearsAt(move) - DateTimeOffset.UtcNow; left > TimeSpan.Zero; left = Steps.ClearsAt(move) - DateTimeOffset.UtcNow)
            await Task.Delay(left + TimeSpan.FromMilliseconds(1));
        await Steps.ClearAsync(queue, moveId, CancellationToken.None);
    }

    public ValueTask DisposeAsync() => process.DisposeAsync();
}
