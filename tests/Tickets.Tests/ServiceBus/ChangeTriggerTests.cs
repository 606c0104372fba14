using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Tickets.Functions.Oplog;
using Tickets.Tests.Hosting;

namespace Tickets.Tests.ServiceBus;

/// <summary>Our own subscriber, called as the Functions host calls it.</summary>
public class ChangeTriggerTests
{
    private const string Event =
        """{"specversion":"1.0","id":"hot-0:42","source":"/tickets/hot-0","type":"tickets.updated","subject":"1000000","time":"2026-02-03T04:05:06.123456Z","datacontenttype":"application/json","data":{"shard":"hot-0","opid":42}}""";

    [Fact]
    public async Task A_change_is_taken_and_the_message_completed()
    {
        await using var app = await StartAsync();
        var (status, body) = await PostAsync(app, Binary(Event));
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Matches("^\\{\"Outputs\":\\{\\},\"Logs\":\\[\"updated hot-0:42 after \\d+ ms\"\\],\"ReturnValue\":null\\}$", body);
    }

    [Fact]
    public async Task What_the_metadata_says_does_not_count()
    {
        await using var app = await StartAsync();
        var envelope = JsonNode.Parse(Binary(Event))!;
        envelope["Metadata"]!["MessageId"] = "\"hot-9:1\"";
        envelope["Metadata"]!["SessionId"] = "\"evil\"";
        envelope["Metadata"]!["ApplicationProperties"] = JsonNode.Parse("""{"opid": 1, "kind": "erased"}""");
        var (status, body) = await PostAsync(app, envelope.ToJsonString());
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Contains("updated hot-0:42", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_by_reference_is_a_change() =>
        Assert.Equal(("/api/v1/oplog/hot-0/42", null), ReadReference(Event.Replace("\"data\":{\"shard\":\"hot-0\",\"opid\":42}", "\"dataref\":\"/api/v1/oplog/hot-0/42\"", StringComparison.Ordinal)));

    [Theory]
    [InlineData("no json")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"specversion":"1.0","type":"other.kind","id":"hot-0:1","time":"2026-02-03T04:05:06Z","data":{}}""")]
    [InlineData("""{"specversion":"1.0","type":"tickets.updated","id":"17","time":"2026-02-03T04:05:06Z","data":{}}""")]
    [InlineData("""{"specversion":"1.0","type":"tickets.updated","id":"hot-0:17","time":"yesterday","data":{}}""")]
    [InlineData("""{"specversion":"1.0","type":"tickets.updated","id":"hot-0:17","time":"2026-02-03T04:05:06Z"}""")]
    public async Task A_message_that_is_no_change_fails_each_time_so_that_it_ends_among_the_dead_letters(string poison)
    {
        await using var app = await StartAsync();
        for (var delivery = 1; delivery <= 3; delivery++)
            Assert.Equal(HttpStatusCode.InternalServerError, (await PostAsync(app, Binary(poison, delivery))).Status);
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(app, Binary(Event))).Status);
    }

    [Fact]
    public async Task A_batch_is_refused_whole_since_this_function_takes_one_message_at_a_time()
    {
        await using var app = await StartAsync();
        var one = Convert.ToBase64String(Encoding.UTF8.GetBytes(Event));
        foreach (var binding in new[] { "message", "messages" })
        {
            var envelope = new JsonObject { ["Data"] = new JsonObject { [binding] = $"[\"{one}\",\"{one}\"]" }, ["Metadata"] = new JsonObject { ["DeliveryCountArray"] = "[1,1]" } };
            Assert.NotEqual(HttpStatusCode.OK, (await PostAsync(app, envelope.ToJsonString())).Status);
        }
    }

    private static (string?, System.Text.Json.JsonElement?) ReadReference(string json)
    {
        var change = ChangeEvent.Read(new Functions.Hosting.TopicMessage(Encoding.UTF8.GetBytes(json), null, null, null, null, null, 1, 1, null, new Dictionary<string, System.Text.Json.JsonElement>()));
        return (change.Reference, change.Op);
    }

    private static Task<TestApp> StartAsync() => TestApp.Start(OplogFunctions.Declare, underHost: true, services: services => services.AddSingleton(TimeProvider.System));

    private static string Binary(string body, int delivery = 1) => new JsonObject
    {
        ["Data"] = new JsonObject { ["message"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(body)) },
        ["Metadata"] = new JsonObject { ["DeliveryCount"] = $"{delivery}", ["MessageId"] = "\"hot-0:42\"", ["SessionId"] = "\"hot-0.1\"", ["SequenceNumber"] = "9", ["ApplicationProperties"] = new JsonObject() },
    }.ToJsonString();

    private static async Task<(HttpStatusCode Status, string Body)> PostAsync(TestApp app, string envelope)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(app.Address, "/MeasureDelivery")) { Content = new StringContent(envelope, Encoding.UTF8, "application/json") };
        request.Headers.Add("X-Azure-Functions-InvocationId", "11111111-2222-3333-4444-555555555555");
        using var http = new HttpClient();
        using var response = await http.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
