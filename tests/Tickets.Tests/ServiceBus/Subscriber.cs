using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Tickets.Local;

namespace Tickets.Tests.ServiceBus;

/// <summary>A message as the official SDK gave it.</summary>
internal sealed record Received(string Topic, string? MessageId, string? SessionId, string? Subject, string? ContentType, JsonObject Properties, JsonNode Body, int DeliveryCount);

/// <summary>The official SDK in a process of its own, receiving all sessions of one subscription or of several.</summary>
internal sealed class Subscriber : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<Received> _messages = new();
    private readonly Task _reading;

    private Subscriber(Process process)
    {
        _process = process;
        _reading = ReadAsync();
    }

    public IReadOnlyList<Received> Messages => [.. _messages];

    public static Subscriber Start(ServiceBusBroker broker, string topic, string subscription)
    {
        var subscriber = Start(broker);
        subscriber.Add(topic, subscription);
        return subscriber;
    }

    public static Subscriber Start(ServiceBusBroker broker)
    {
        var start = new ProcessStartInfo("node", [Repository.PathTo("tests", "Tickets.Tests", "ServiceBus", "subscriber.mjs")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
            Environment = { ["BROKER"] = broker.ConnectionString, ["MODULES"] = broker.Modules },
        };
        return new Subscriber(Process.Start(start)!);
    }

    /// <summary>Receives one more subscription.</summary>
    public void Add(string topic, string subscription)
    {
        _process.StandardInput.WriteLine($"{topic} {subscription}");
        _process.StandardInput.Flush();
    }

    /// <summary>Receives no more of a topic; what is on its way may still come.</summary>
    public void Remove(string topic)
    {
        _process.StandardInput.WriteLine(topic);
        _process.StandardInput.Flush();
    }

    /// <summary>Waits until so many messages have come from a topic.</summary>
    public async Task<IReadOnlyList<Received>> UntilAsync(string topic, int count)
    {
        for (var waited = Stopwatch.StartNew(); ; await Task.Delay(20))
        {
            var come = Messages.Where(message => message.Topic == topic).ToList();
            if (come.Count >= count)
                return come;
            Assert.True(waited.Elapsed < TimeSpan.FromMinutes(2), $"{come.Count} of {count} messages after {waited.Elapsed.TotalSeconds:0} s.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        await _reading;
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            var m = JsonNode.Parse(line)!;
            _messages.Enqueue(new Received(
                (string)m["topic"]!, (string?)m["messageId"], (string?)m["sessionId"], (string?)m["subject"], (string?)m["contentType"], m["properties"]!.AsObject(), m["body"] ?? "", (int)m["deliveryCount"]!));
        }
    }
}
