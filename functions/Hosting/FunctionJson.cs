using System.Buffers;
using System.Text.Json;

namespace Tickets.Functions.Hosting;

/// <summary>The <c>function.json</c> of each kind of function.</summary>
internal static class FunctionJson
{
    private static readonly JsonWriterOptions Layout = new() { Indented = true, NewLine = "\n" };

    /// <summary>
    /// One HTTP input and one HTTP output and nothing else: only then does the host hand the request on as it came. Keys of
    /// the host are not used (<c>anonymous</c>): this app checks its own.
    /// </summary>
    public static ReadOnlyMemory<byte> Of(HttpFunction function) => Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("type", "httpTrigger");
        json.WriteString("direction", "in");
        json.WriteString("name", "req");
        json.WriteString("authLevel", "anonymous");
        json.WriteStartArray("methods");
        foreach (var method in function.Methods)
            json.WriteStringValue(method.ToLowerInvariant());
        json.WriteEndArray();
        json.WriteString("route", function.HostRoute);
        json.WriteEndObject();

        json.WriteStartObject();
        json.WriteString("type", "http");
        json.WriteString("direction", "out");
        json.WriteString("name", "res");
        json.WriteEndObject();
    });

    public static ReadOnlyMemory<byte> Of(TimerFunction function) => Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("type", "timerTrigger");
        json.WriteString("direction", "in");
        json.WriteString("name", TimerFunction.Binding);
        json.WriteString("schedule", function.Schedule.Text);
        json.WriteBoolean("runOnStartup", false);
        json.WriteBoolean("useMonitor", true);
        json.WriteEndObject();
    });

    /// <summary>
    /// <c>dataType: binary</c> keeps the body byte for byte; with any other type the members of a JSON body would overwrite
    /// the message's own metadata, session id included.
    /// </summary>
    public static ReadOnlyMemory<byte> Of(TopicFunction function) => Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("type", "serviceBusTrigger");
        json.WriteString("direction", "in");
        json.WriteString("name", TopicFunction.Binding);
        json.WriteString("dataType", "binary");
        json.WriteString("topicName", function.Topic);
        json.WriteString("subscriptionName", function.Subscription);
        json.WriteString("connection", TopicFunction.Connection);
        json.WriteBoolean("isSessionsEnabled", function.Sessions);
        json.WriteBoolean("autoCompleteMessages", true);
        json.WriteString("cardinality", "one");
        json.WriteEndObject();
    });

    private static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> bindings)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Layout))
        {
            json.WriteStartObject();
            json.WriteStartArray("bindings");
            bindings(json);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenMemory;
    }
}
