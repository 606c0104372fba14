using System.Text.Json.Nodes;
using Tickets.Core.Access;
using Tickets.Functions.Hosting;

namespace Tickets.Tests.Hosting;

public class FunctionJsonTests
{
    private readonly FunctionCatalog _functions = new();

    [Fact]
    public void An_http_function_has_one_trigger_and_one_http_output_and_nothing_else()
    {
        _functions.MapGet("/tickets/{ticket_id}", _ => Task.CompletedTask).WithName("GetTicket").Requires(Permission.Read).AcceptsQuery("queue");
        Same("""
            {"bindings":[
              {"type":"httpTrigger","direction":"in","name":"req","authLevel":"anonymous","methods":["get","head"],"route":"v1/tickets/{ticket_id}"},
              {"type":"http","direction":"out","name":"res"}]}
            """, FunctionJson.Of(_functions.Http.Single()));
    }

    [Fact]
    public void A_timer_has_its_schedule_as_declared()
    {
        _functions.MapTimer("Sweep", "0 */5 * * * *", (_, _, _) => Task.CompletedTask);
        Same("""
            {"bindings":[{"type":"timerTrigger","direction":"in","name":"timer","schedule":"0 */5 * * * *","runOnStartup":false,"useMonitor":true}]}
            """, FunctionJson.Of(_functions.Timers.Single()));
    }

    [Fact]
    public void A_topic_function_takes_one_binary_message_at_a_time()
    {
        _functions.MapServiceBusTopic("OnOplog", "tickets-oplog", "workflow", (_, _, _) => Task.CompletedTask);
        Same("""
            {"bindings":[{"type":"serviceBusTrigger","direction":"in","name":"message","dataType":"binary","topicName":"tickets-oplog","subscriptionName":"workflow",
              "connection":"ServiceBusConnection","isSessionsEnabled":true,"autoCompleteMessages":true,"cardinality":"one"}]}
            """, FunctionJson.Of(_functions.Topics.Single()));
    }

    [Fact]
    public void Writing_again_removes_what_is_no_longer_declared_and_touches_nothing_else()
    {
        var root = Directory.CreateTempSubdirectory("tickets-root-").FullName;
        try
        {
            _functions.MapTimer("Old", "0 0 * * * *", (_, _, _) => Task.CompletedTask);
            ScriptRoot.Write(_functions, root);
            Directory.CreateDirectory(Path.Combine(root, "bin"));
            Assert.True(File.Exists(Path.Combine(root, "Old", "function.json")));

            var later = new FunctionCatalog();
            later.MapTimer("New", "0 0 * * * *", (_, _, _) => Task.CompletedTask);
            ScriptRoot.Write(later, root);
            var written = File.GetLastWriteTimeUtc(Path.Combine(root, "New", "function.json"));
            ScriptRoot.Write(later, root);

            Assert.Equal(["New", "bin"], Directory.GetDirectories(root).Select(Path.GetFileName).Order(StringComparer.Ordinal));
            Assert.Equal(["function.json"], Directory.GetFiles(Path.Combine(root, "New")).Select(Path.GetFileName));
            Assert.Equal(written, File.GetLastWriteTimeUtc(Path.Combine(root, "New", "function.json")));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static void Same(string expected, ReadOnlyMemory<byte> actual) =>
        Assert.Equal(JsonNode.Parse(expected)!.ToJsonString(), JsonNode.Parse(actual.Span)!.ToJsonString());
}
