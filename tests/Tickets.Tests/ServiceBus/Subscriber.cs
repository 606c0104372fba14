using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Tickets.Local;

namespace Tickets.Tests.ServiceBus;

/// <summary>A message as the official SDK gave it.</summary>
internal sealed record Received(string? MessageId, string? SessionId, string? Subject, string? ContentType, JsonObject Properties, JsonNode Body, int DeliveryCount);

/// <summary>The official SDK in a process of its own, receiving all sessions of a subscription.</summary>
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

    public static Subscriber Start(ServiceBusBroker broker, string topic, string subscription = "s")
    {
        var start = new ProcessStartInfo("node", [Repository.PathTo("tests", "Tickets.Tests", "ServiceBus", "subscriber.mjs"), topic, subscription])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
            Environment = { ["BROKER"] = broker.ConnectionString, ["MODULES"] = broker.Modules },
        };
        return new Subscriber(Process.Start(start)!);
    }

    /// <summary>Waits until so many messages have come.</summary>
    public async Task UntilAsync(int count)
    {
        var waited = Stopwatch.StartNew();
        while (_messages.Count < count)
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(90), $"{_messages.Count} of {count} messages after {waited.Elapsed.TotalSeconds:0} s.");
            await Task.Delay(20);
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
                (string?)m["messageId"], (string?)m["sessionId"], (string?)m["subject"], (string?)m["contentType"], m["properties"]!.AsObject(), m["body"] ?? "", (int)m["deliveryCount"]!));
        }
    }
}
