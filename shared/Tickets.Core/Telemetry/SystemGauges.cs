using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Tickets.Core.Settings;
using Tickets.Core.Ticketing.Writing;

namespace Tickets.Core.Telemetry;

/// <summary>What is true at the moment somebody looks: of this process at once, of the databases as <see cref="Backlogs"/> last saw them.</summary>
internal sealed class SystemGauges(ShardWriters writers, SettingsCache settings, Backlogs backlogs) : IHostedService, IDisposable
{
    private readonly Meter _meter = new("Tickets");

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _meter.CreateObservableGauge("tickets.writer.waiting", () => writers.All.Select(writer => new Measurement<int>(writer.Waiting, Of("shard", writer.Shard.Name))), "{command}", "Commands that wait for a writer of this process.");
        _meter.CreateObservableGauge("tickets.settings.age", () => settings.Age is { } age ? [new Measurement<double>(age.TotalSeconds)] : Array.Empty<Measurement<double>>(), "s", "Age of this process's copy of the settings.");

        _meter.CreateObservableGauge("tickets.oplog.head", () => backlogs.Latest.Shards.Select(shard => new Measurement<long>(shard.Head, Of("shard", shard.Shard))), "{op}", "The newest opid.");
        _meter.CreateObservableGauge("tickets.oplog.follower_lag", () => backlogs.Latest.Shards.SelectMany(shard => shard.Followers.Select(follower => new Measurement<long>(follower.Lag, Of("shard", shard.Shard), Of("follower", follower.Name)))), "{op}", "Ops that the relay or a webhook has not passed on yet.");

        _meter.CreateObservableGauge("tickets.queue.tickets", () => backlogs.Latest.Queues.Select(queue => new Measurement<long>(queue.Tickets, Of("queue", queue.Queue), Of("status", queue.Status))), "{ticket}", "Tickets in the hot tier; in large queues as PostgreSQL's statistics have it.");
        _meter.CreateObservableGauge("tickets.archive.backlog", () => backlogs.Latest.Archive.Select(queue => new Measurement<long>(queue.Tickets, Of("queue", queue.Queue))), "{ticket}", "Closed tickets whose time in the hot tier is over; counted up to 10,000 a shard.");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _meter.Dispose();

    private static KeyValuePair<string, object?> Of(string name, string value) => new(name, value);
}
