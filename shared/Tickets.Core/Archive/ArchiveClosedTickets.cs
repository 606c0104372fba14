using System.Text.Json;
using Tickets.Contracts;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Json;
using Tickets.Core.Settings;

namespace Tickets.Core.Archive;

/// <summary>
/// The archiver's run over all queues as the settings have them. A process makes one run at a time, however many ask: who asks while one is going on shares the
/// next one with all others who do, since the one that is running may be past what the caller has in mind.
/// </summary>
public sealed class ArchiveClosedTickets(Archiver archiver, SettingsCache settings, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private Task<ArchiveReport> _running = Task.FromResult(ArchiveReport.Nothing);
    private Task<ArchiveReport>? _waiting;

    /// <summary>Moves what is due, for at most so long; the next run goes on where this one ended. It is not cut off when a caller goes away: others may wait for it.</summary>
    public Task<ArchiveReport> RunAsync(TimeSpan maxDuration, CancellationToken cancel)
    {
        lock (_lock)
        {
            if (_waiting is null)
            {
                var previous = _running;
                _waiting = Task.Run(() => RunAfterAsync(previous, maxDuration), CancellationToken.None);
            }

            return _waiting.WaitAsync(cancel);
        }
    }

    /// <summary>The same for a caller who has not all the time: a run that is not over by then goes on, and this answers that it is not complete.</summary>
    public Task<ArchiveReport> RunAsync(TimeSpan maxDuration, TimeSpan patience, CancellationToken cancel) => WithinAsync(RunAsync(maxDuration, cancel), patience, cancel);

    /// <summary>The same for one queue alone, at once.</summary>
    /// <returns>404 when there is none of this name.</returns>
    public async Task<Result<ArchiveReport>> RunQueueAsync(string queue, TimeSpan maxDuration, TimeSpan patience, CancellationToken cancel) => await settings.FindQueueAsync(queue, cancel) is { } found
        ? await WithinAsync(RunOverAsync([found], maxDuration).WaitAsync(cancel), patience, cancel)
        : Problems.NotFound($"There is no queue '{queue}'.");

    /// <summary>What is wrong with the body of a request for a run; null when nothing is. It has no members.</summary>
    public static Problem? Fault(JsonElement body) => ObjectReader.Strangers(body, []);

    private async Task<ArchiveReport> WithinAsync(Task<ArchiveReport> running, TimeSpan patience, CancellationToken cancel)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var first = await Task.WhenAny(running, Task.Delay(patience, clock, over.Token));
        await over.CancelAsync();
        return first == running ? await running : ArchiveReport.Nothing with { Complete = false };
    }

    private async Task<ArchiveReport> RunAfterAsync(Task<ArchiveReport> previous, TimeSpan maxDuration)
    {
        // A failed run is its own callers' business.
        await ((Task)previous).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
        {
            _running = _waiting!;
            _waiting = null;
        }

        return await RunOverAsync(settings.Current.Queues.Values, maxDuration);
    }

    private Task<ArchiveReport> RunOverAsync(IEnumerable<QueueSettings> chosen, TimeSpan maxDuration)
    {
        // What moves between shards is not moved to cold as well: its place is not settled.
        var queues = chosen.Where(queue => queue.Definition.Moving is null).Select(queue => new ColdQueue(
            queue.QueueId,
            queue.Name,
            queue.HotRetention,
            queue.Shards,
            queue.Workflow.Fields.Values.ToDictionary(field => field.Name, field => (field.IsText, field.Slot), StringComparer.Ordinal),
            queue.IsDeletedAfterHot));
        return archiver.RunAsync([.. queues], maxDuration, CancellationToken.None);
    }
}
