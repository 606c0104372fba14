using Microsoft.Extensions.Configuration;

namespace Tickets.Core.Oplog.Relay;

/// <summary>How the change log gets to Service Bus.</summary>
public sealed record RelayOptions
{
    /// <summary><c>ServiceBus:Topic</c>.</summary>
    public string Topic { get; init; } = "tickets-oplog";

    /// <summary>
    /// <c>ServiceBus:SessionsPerShard</c>: into how many sessions a shard's tickets are dealt out. Subscribers must be able to hold all
    /// sessions of all shards at the same time, or take turns.
    /// </summary>
    public int SessionsPerShard { get; init; } = 4;

    /// <summary><c>ServiceBus:Relay</c>: <c>always</c> follows the log in this process; <c>timer</c> publishes what is there when the timer comes.</summary>
    public bool AlwaysOn { get; init; } = true;

    /// <summary><c>ServiceBus:MaxLag</c>: an op that is not published after this time makes the health check fail.</summary>
    public TimeSpan MaxLag { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a relay that was killed stands in the way of the next one, which looks each second.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>A request that takes longer is given up and sent again; the topic drops what it has had.</summary>
    public TimeSpan SendLimit { get; init; } = TimeSpan.FromSeconds(8);

    internal RelayPauses Pauses { get; init; } = new();

    /// <summary>The most bytes of one request.</summary>
    public long MaxBatchBytes { get; init; } = 200_000;

    /// <exception cref="InvalidOperationException">A setting cannot be read.</exception>
    public static RelayOptions From(IConfiguration configuration)
    {
        var options = new RelayOptions();
        return options with
        {
            Topic = configuration["ServiceBus:Topic"] is { Length: > 0 } topic ? topic : options.Topic,
            SessionsPerShard = configuration["ServiceBus:SessionsPerShard"] switch
            {
                null or "" => options.SessionsPerShard,
                var text => int.TryParse(text, out var count) && count is > 0 and <= 1000 ? count : throw new InvalidOperationException($"ServiceBus:SessionsPerShard is '{text}': give a whole number from 1 to 1000."),
            },
            AlwaysOn = configuration["ServiceBus:Relay"] switch
            {
                null or "" or "always" => true,
                "timer" => false,
                var text => throw new InvalidOperationException($"ServiceBus:Relay is '{text}': give always or timer."),
            },
            MaxLag = configuration["ServiceBus:MaxLag"] switch
            {
                null or "" => options.MaxLag,
                var text => TimeSpan.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var lag) && lag > TimeSpan.Zero ? lag : throw new InvalidOperationException($"ServiceBus:MaxLag is '{text}': give a positive time as hh:mm:ss."),
            },
        };
    }
}
