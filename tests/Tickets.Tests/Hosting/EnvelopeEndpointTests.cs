using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.Logging;
using Tickets.Contracts;
using Tickets.Functions.Hosting;

namespace Tickets.Tests.Hosting;

public class EnvelopeEndpointTests
{
    private const string EmptyReply = """{"Outputs":{},"Logs":[],"ReturnValue":null}""";

    [Fact]
    public async Task A_run_that_succeeds_is_answered_with_the_whole_reply_and_never_with_an_empty_200()
    {
        await using var app = await Start((timer, _) => Task.CompletedTask);
        using var response = await Post(app, Fixture.TimerMonitored);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(EmptyReply, await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task What_a_run_says_goes_into_the_reply()
    {
        await using var app = await Start((timer, _) =>
        {
            timer.Log.Add("moved 3 tickets");
            return Task.CompletedTask;
        });
        using var response = await Post(app, Fixture.TimerMonitored);
        Assert.Equal("""{"Outputs":{},"Logs":["moved 3 tickets"],"ReturnValue":null}""", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_chunked_envelope_is_read_too()
    {
        await using var app = await Start((_, _) => Task.CompletedTask);
        using var request = Request(Fixture.TimerMonitored);
        request.Headers.TransferEncodingChunked = true;
        using var response = await app.Client.SendAsync(request);
        Assert.Equal(EmptyReply, await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_run_that_throws_is_a_500_with_a_json_body_and_a_log_line_without_its_message_in_the_answer()
    {
        await using var app = await Start((_, _) => throw new InvalidOperationException("secret detail"));
        using var response = await Post(app, Fixture.TimerMonitored);
        var body = await response.Content.ReadAsStringAsync();

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.StartsWith("""{"Outputs":{},"Logs":["InvalidOperationException""", body);
        Assert.DoesNotContain("secret detail", body);
        Assert.Contains(app.Log.Lines, l => l is { Id: 120, Exception: InvalidOperationException });
    }

    [Theory]
    [InlineData("", "application/json", HttpStatusCode.BadRequest)]
    [InlineData("nonsense", "application/json", HttpStatusCode.BadRequest)]
    [InlineData("null", "application/json; charset=utf-8", HttpStatusCode.BadRequest)]
    [InlineData("""{"Metadata":{}}""", "application/json", HttpStatusCode.BadRequest)]
    [InlineData("""{"Data":{"message":{}}}""", "application/json", HttpStatusCode.BadRequest)]
    [InlineData("""{"Data":{"timer":{"IsPastDue":false}}}""", "text/plain", HttpStatusCode.UnsupportedMediaType)]
    public async Task A_bad_envelope_is_refused_in_json_and_logged_and_nothing_runs(string body, string contentType, HttpStatusCode status)
    {
        var ran = false;
        await using var app = await Start((_, _) => Task.FromResult(ran = true));
        using var request = Request(body, contentType);
        using var response = await app.Client.SendAsync(request);

        Assert.Equal(status, response.StatusCode);
        Assert.StartsWith("""{"Outputs":{},"Logs":[""", await response.Content.ReadAsStringAsync());
        Assert.Contains(app.Log.Lines, l => l is { Id: 123, Level: LogLevel.Error });
        Assert.False(ran);
    }

    [Fact]
    public async Task A_huge_envelope_is_refused()
    {
        await using var app = await Start((_, _) => Task.CompletedTask);
        var huge = """{"Data":{"timer":{"padding":" """ + new string('x', (int)EnvelopeEndpoint.MaxBytes) + "\"}}}";
        using var response = await Post(app, huge);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("larger than", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_message_reaches_its_function_as_sent()
    {
        TopicMessage? got = null;
        await using var app = await TestApp.Start(functions => functions.MapServiceBusTopic("OnOplog", "tickets-oplog", "workflow", (_, message, _) =>
        {
            got = message;
            return Task.CompletedTask;
        }), underHost: true);
        app.Client.DefaultRequestHeaders.Clear();
        using var request = Request(Fixture.MessageBinary, path: "/OnOplog");
        using var response = await app.Client.SendAsync(request);

        Assert.Equal(EmptyReply, await response.Content.ReadAsStringAsync());
        Assert.Equal("msg-0001", got?.MessageId);
        Assert.StartsWith("""{"ticketId":7""", Encoding.UTF8.GetString(got!.Body.Span));
    }

    [Theory]
    [InlineData("/api/Sweep")]
    [InlineData("/api/v1/Sweep")]
    [InlineData("/api/v1/..%2fSweep")]
    [InlineData("/api/v1/%252e%252e/%252e%252e/Sweep")]
    [InlineData("//Sweep")]
    public async Task A_public_path_does_not_reach_an_envelope_endpoint(string path)
    {
        var ran = false;
        await using var app = await Start((_, _) => Task.FromResult(ran = true));
        var response = await app.SendRaw(
            $"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nX-Azure-Functions-InvocationId: 1\r\nContent-Length: 43\r\n\r\n" +
            """{"Data":{"timer":{"IsPastDue":false}} }    """);

        Assert.StartsWith("HTTP/1.1 404", response);
        Assert.False(ran);
    }

    [Theory]
    [InlineData("Authorization", "Bearer tk_robot_x")]
    [InlineData("X-Forwarded-For", "203.0.113.9")]
    [InlineData("Cookie", "a=b")]
    [InlineData("x-functions-key", "k")]
    public async Task A_request_that_bears_the_marks_of_public_traffic_is_turned_away(string header, string value)
    {
        var ran = false;
        await using var app = await Start((_, _) => Task.FromResult(ran = true));
        using var request = Request(Fixture.TimerMonitored);
        request.Headers.Add(header, value);
        using var response = await app.Client.SendAsync(request);

        await response.IsProblem(HttpStatusCode.NotFound, ProblemCodes.NotFound);
        Assert.Contains(app.Log.Lines, l => l.Id == 122 && l.Text.Contains(header, StringComparison.Ordinal));
        Assert.False(ran);
    }

    [Fact]
    public async Task A_request_without_the_hosts_invocation_id_is_turned_away()
    {
        await using var app = await Start((_, _) => Task.CompletedTask);
        using var request = Request(Fixture.TimerMonitored);
        request.Headers.Remove("X-Azure-Functions-InvocationId");
        using var response = await app.Client.SendAsync(request);
        await response.IsProblem(HttpStatusCode.NotFound, ProblemCodes.NotFound);
    }

    [Fact]
    public async Task Run_alone_the_app_has_no_envelope_endpoints()
    {
        await using var app = await TestApp.Start(functions => functions.MapTimer("Sweep", "0 0 0 1 1 *", (_, _, _) => Task.CompletedTask));
        app.Client.DefaultRequestHeaders.Clear();
        using var response = await Post(app, Fixture.TimerMonitored);
        await response.IsProblem(HttpStatusCode.NotFound, ProblemCodes.NotFound);
    }

    private static async Task<TestApp> Start(Func<TimerRun, CancellationToken, Task> run)
    {
        var app = await TestApp.Start(functions => functions.MapTimer("Sweep", "0 0 0 1 1 *", (_, timer, cancellation) => run(timer, cancellation)), underHost: true);
        app.Client.DefaultRequestHeaders.Clear();
        return app;
    }

    private static async Task<HttpResponseMessage> Post(TestApp app, string body)
    {
        using var request = Request(body);
        return await app.Client.SendAsync(request);
    }

    private static HttpRequestMessage Request(string body, string contentType = "application/json; charset=utf-8", string path = "/Sweep")
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        request.Headers.Add("X-Azure-Functions-InvocationId", "2f0a5bd2-4ed3-4b5b-9be6-6ae1b5f9f1a4");
        request.Headers.Add("X-Azure-Functions-HostVersion", "4.1052.200");
        return request;
    }
}
