using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Functions.Hosting;

namespace Tickets.Tests.Hosting;

/// <summary>What holds for every HTTP function, shown on two.</summary>
public class RequestTests
{
    [Fact]
    public async Task An_answer_is_json_of_known_length_with_a_trace_id()
    {
        await using var app = await Start();
        using var response = await app.Client.GetAsync("/api/v1/echo?text=ol%C3%A1");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.NotNull(response.Content.Headers.ContentLength);
        Assert.Equal("""{"nonces":["olá","robot"]}""", await response.Content.ReadAsStringAsync());
        Assert.Matches("^[0-9a-f]{32}$", response.Headers.GetValues("x-trace-id").Single());
    }

    [Fact]
    public async Task The_callers_trace_id_is_kept()
    {
        await using var app = await Start();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/nowhere");
        request.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        using var response = await app.Client.SendAsync(request);
        var problem = await response.IsProblem(HttpStatusCode.NotFound, ProblemCodes.NotFound);
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", problem.TraceId);
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("00-00000000000000000000000000000000-0000000000000000-00")]
    [InlineData("|old.style.1.2.")]
    public async Task A_trace_context_that_is_none_is_replaced(string traceParent)
    {
        await using var app = await Start();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/echo");
        request.Headers.TryAddWithoutValidation("traceparent", traceParent);
        using var response = await app.Client.SendAsync(request);
        Assert.Matches("^(?!0{32})[0-9a-f]{32}$", response.Headers.GetValues("x-trace-id").Single());
    }

    [Fact]
    public async Task Without_a_good_key_there_is_no_way_in()
    {
        await using var app = await Start();
        foreach (var header in new[] { null, "Bearer", "Bearer ", "Bearer tk_unknown_x", "Basic dTpw", "tk_robot_x", "Bearer tk_robot_x, Bearer tk_robot_x" })
        {
            app.Client.DefaultRequestHeaders.Clear();
            if (header is not null)
                app.Client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", header);
            using var response = await app.Client.GetAsync("/api/v1/echo");
            await response.IsProblem(HttpStatusCode.Unauthorized, ProblemCodes.Unauthorized);
            Assert.Equal("Bearer", response.Headers.WwwAuthenticate.Single().Scheme);
        }
    }

    [Fact]
    public async Task A_role_without_the_permission_is_forbidden()
    {
        await using var app = await Start();
        app.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("bearer", TestApp.ReaderKey);
        using var read = await app.Client.GetAsync("/api/v1/echo");
        using var write = await app.Client.PostAsync("/api/v1/tickets", Json("""{"queue":"q"}"""));

        Assert.Equal(HttpStatusCode.OK, read.StatusCode);
        await write.IsProblem(HttpStatusCode.Forbidden, ProblemCodes.Forbidden);
    }

    [Fact]
    public async Task An_unknown_query_parameter_is_named_with_the_known_ones()
    {
        await using var app = await Start();
        using var response = await app.Client.GetAsync("/api/v1/echo?text=a&tekst=b&Text=c");
        var problem = await response.IsProblem(HttpStatusCode.BadRequest, ProblemCodes.UnknownParameter);
        Assert.Equal("Not known here: 'tekst', 'Text'. Known are 'text'.", problem.Detail);
    }

    [Theory]
    [InlineData("text=a&text=b")]
    [InlineData("text=a%00b")]
    public async Task A_parameter_given_twice_or_with_what_no_text_holds_is_refused(string query)
    {
        await using var app = await Start();
        using var response = await app.Client.GetAsync($"/api/v1/echo?{query}");
        await response.IsProblem(HttpStatusCode.BadRequest, ProblemCodes.InvalidParameter);
    }

    [Fact]
    public async Task A_method_that_a_path_does_not_have_is_a_405_that_names_those_it_has()
    {
        await using var app = await Start();
        foreach (var method in new[] { "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get" })
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), "/api/v1/tickets");
            using var response = await app.Client.SendAsync(request);
            await response.IsProblem(HttpStatusCode.MethodNotAllowed, ProblemCodes.MethodNotAllowed);
            Assert.Equal(["POST"], response.Content.Headers.Allow);
        }
    }

    [Fact]
    public async Task Head_answers_as_get_does_without_the_body()
    {
        await using var app = await Start();
        using var request = new HttpRequestMessage(HttpMethod.Head, "/api/v1/echo?text=a");
        using var response = await app.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(24, response.Content.Headers.ContentLength);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("GET /api/v1/echo/ HTTP/1.1", 200)]
    [InlineData("GET /api/v1/echo?text=%ff%fe HTTP/1.1", 0)]
    [InlineData("GET /api/v1/echo?%ff=1 HTTP/1.1", 400)]
    [InlineData("GET /api/v1/echo?=&&&= HTTP/1.1", 400)]
    [InlineData("GET /api/v1/echo? HTTP/1.1", 200)]
    [InlineData("GET /api/v1/%ff%fe HTTP/1.1", 404)]
    [InlineData("GET /api/v1/%zz HTTP/1.1", 404)]
    [InlineData("GET /api/v1/%00 HTTP/1.1", 400)]
    [InlineData("GET /api/v1//echo HTTP/1.1", 404)]
    [InlineData("GET /api/v1/../../etc/passwd HTTP/1.1", 404)]
    [InlineData("GET http://elsewhere/api/v1/echo HTTP/1.1", 200)]
    [InlineData("OPTIONS * HTTP/1.1", 404)]
    [InlineData("GET / HTTP/1.1", 404)]
    [InlineData("GET /api/v1/echo HTTP/9.9", 505)]
    [InlineData("GARBAGE", 400)]
    public async Task No_request_line_makes_it_fail(string line, int status)
    {
        await using var app = await Start();
        var response = await app.SendRaw($"{line}\r\nHost: elsewhere\r\nConnection: close\r\nAuthorization: Bearer {TestApp.RobotKey}\r\n\r\n");

        Assert.StartsWith(status == 0 ? "HTTP/1.1 " : $"HTTP/1.1 {status} ", response);
        Assert.DoesNotContain("HTTP/1.1 5", response.Replace("HTTP/1.1 505", "", StringComparison.Ordinal));
        Assert.DoesNotContain(app.Log.Lines, l => l.Id == 110);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("""{"queue":"q"} x""")]
    [InlineData("""{"queue":"\ud800"}""")]
    [InlineData("""{"queue":"q","meta":{"a":{"b":"\udc00"}}}""")]
    [InlineData("""{"queue":"q","meta":{"a":{"\udc00":1}}}""")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"queue":"a","queue":"b"}""")]
    [InlineData("""{"queue":"q","meta":{"a":{"b":1,"b":2}}}""")]
    public async Task A_body_that_is_no_json_object_as_it_should_be_is_a_400(string body)
    {
        await using var app = await Start();
        using var response = await app.Client.PostAsync("/api/v1/tickets", Json(body));
        await response.IsProblem(HttpStatusCode.BadRequest, ProblemCodes.MalformedJson);
    }

    [Fact]
    public async Task Bytes_that_are_not_utf8_are_a_400_also_inside_uninterpreted_json()
    {
        await using var app = await Start();
        using var content = new ByteArrayContent([.. "{\"queue\":\"q\",\"meta\":{\"a\":\""u8, 0xC3, 0x28, .. "\"}}"u8]);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await app.Client.PostAsync("/api/v1/tickets", content);
        await response.IsProblem(HttpStatusCode.BadRequest, ProblemCodes.MalformedJson);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/xml")]
    public async Task Only_json_is_taken(string contentType)
    {
        await using var app = await Start();
        using var content = Json("""{"queue":"q"}""");
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        using var response = await app.Client.PostAsync("/api/v1/tickets", content);
        await response.IsProblem(HttpStatusCode.UnsupportedMediaType, ProblemCodes.UnsupportedMediaType);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json;charset=UTF-8")]
    [InlineData("application/merge-patch+json")]
    [InlineData(null)]
    public async Task Json_by_any_of_its_names_is_taken(string? contentType)
    {
        await using var app = await Start();
        using var content = Json("""{"queue":"q"}""");
        content.Headers.ContentType = contentType is null ? null : MediaTypeHeaderValue.Parse(contentType);
        using var response = await app.Client.PostAsync("/api/v1/tickets", content);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task A_body_over_the_limit_is_a_413_whether_or_not_it_said_its_length()
    {
        await using var app = await Start("--Hosting:MaxBodyBytes=2000");
        foreach (var chunked in new[] { false, true })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/tickets") { Content = Json($$"""{"queue":"{{new string('q', 3000)}}"}""") };
            request.Headers.TransferEncodingChunked = chunked;
            using var response = await app.Client.SendAsync(request);
            var problem = await response.IsProblem(HttpStatusCode.RequestEntityTooLarge, ProblemCodes.PayloadTooLarge);
            Assert.Contains("2000", problem.Detail);
        }
    }

    [Fact]
    public async Task A_function_may_take_larger_bodies_than_the_others()
    {
        await using var app = await Start();
        var large = $$"""{"queue":"{{new string('q', 10_000_000)}}"}""";
        using var refused = await app.Client.PostAsync("/api/v1/tickets", Json(large));
        using var taken = await app.Client.PostAsync("/api/v1/large", Json(large));

        await refused.IsProblem(HttpStatusCode.RequestEntityTooLarge, ProblemCodes.PayloadTooLarge);
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
    }

    [Fact]
    public async Task A_body_that_breaks_off_or_is_framed_wrongly_is_no_fault_of_ours()
    {
        await using var app = await Start();
        var head = $"POST /api/v1/tickets HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {TestApp.RobotKey}\r\n";
        var badChunk = await app.SendRaw(head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n");
        await app.SendRaw(head + "Content-Length: 100\r\n\r\n{\"queue\":", breakOff: true);

        Assert.StartsWith("HTTP/1.1 400", badChunk);
        Assert.Contains("\"code\":\"malformed_request\"", badChunk);
        Assert.DoesNotContain(app.Log.Lines, l => l.Id == 110);
    }

    [Fact]
    public async Task A_client_that_goes_away_cancels_its_request_and_is_not_logged_as_an_error()
    {
        var (begun, cancelled) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var app = await TestApp.Start(functions => functions.MapGet("/slow", async context =>
        {
            begun.SetResult();
            using var registration = context.RequestAborted.Register(cancelled.SetResult);
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        }).WithName("Slow").Requires(Permission.Read));
        using var away = new CancellationTokenSource();
        var request = app.Client.GetAsync("/api/v1/slow", away.Token);
        await begun.Task;
        await away.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.DoesNotContain(app.Log.Lines, l => l.Level >= LogLevel.Error);
    }

    [Fact]
    public async Task A_bug_is_a_500_that_tells_the_client_nothing_and_the_log_everything()
    {
        await using var app = await Start();
        using var response = await app.Client.GetAsync("/api/v1/bug");
        var problem = await response.IsProblem(HttpStatusCode.InternalServerError, ProblemCodes.Internal);

        Assert.DoesNotContain("secret", await response.Content.ReadAsStringAsync());
        Assert.False(response.Headers.Contains("x-half-done"));
        var line = Assert.Single(app.Log.Lines, l => l.Id == 110);
        Assert.Contains(problem.TraceId!, line.Text);
        Assert.Equal("secret", line.Exception!.Message);
    }

    [Fact]
    public async Task An_answer_that_fails_half_way_is_cut_off_so_that_nobody_takes_it_for_whole()
    {
        await using var app = await Start();
        await Assert.ThrowsAsync<HttpRequestException>(() => app.Client.GetStringAsync("/api/v1/half"));
    }

    [Fact]
    public async Task Nobody_is_asked_for_a_key_on_an_unknown_path()
    {
        await using var app = await Start();
        app.Client.DefaultRequestHeaders.Clear();
        using var response = await app.Client.GetAsync("/wp-login.php");
        await response.IsProblem(HttpStatusCode.NotFound, ProblemCodes.NotFound);
    }

    private static Task<TestApp> Start(params string[] settings) => TestApp.Start(functions =>
    {
        functions.MapGet("/echo", Echo).WithName("Echo").Requires(Permission.Read).AcceptsQuery("text");
        functions.MapPost("/tickets", Create).WithName("Create").Requires(Permission.Write);
        functions.MapPost("/large", Create).WithName("Large").Requires(Permission.Write).WithMaxBody(16 * 1024 * 1024);
        functions.MapGet("/bug", Bug).WithName("Bug").Requires(Permission.Read);
        functions.MapGet("/half", Half).WithName("Half").Requires(Permission.Read);
    }, settings: settings);

    private static Task Echo(HttpContext context) =>
        context.Answer(new NoncesResponse([context.Parameter("text") ?? "", context.Caller().KeyId]), TicketsJson.Default.NoncesResponse);

    private static async Task Create(HttpContext context)
    {
        var read = await context.ReadJson();
        using var body = read.Value;
        if (read.IsProblem)
            await context.AnswerProblem(read.Problem);
        else
            await context.Answer(new NoncesResponse([body!.RootElement.GetProperty("queue").GetString()!]), TicketsJson.Default.NoncesResponse);
    }

    private static Task Bug(HttpContext context)
    {
        context.Response.Headers["x-half-done"] = "1";
        throw new InvalidOperationException("secret");
    }

    private static async Task Half(HttpContext context)
    {
        context.Response.ContentLength = 100;
        await context.Response.Body.WriteAsync(new byte[10]);
        throw new InvalidOperationException("half way");
    }

    private static ByteArrayContent Json(string body)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }
}
