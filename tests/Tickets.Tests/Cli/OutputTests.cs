using System.Text.RegularExpressions;
using Tickets.Contracts;
using Tickets.Tests.Client;
using static Tickets.Tests.Client.ScriptedServer;

namespace Tickets.Tests.Cli;

public class OutputTests
{
    private const string Found = """{"tickets":[{"ticket_id":"1","status":"открыт"},{"ticket_id":"2","indexed_meta":{"cost":3}}],"next_cursor":"c1"}""";

    [Fact]
    public async Task The_body_goes_to_output_and_the_address_and_code_go_to_error()
    {
        await using var server = await StartAsync(Json("""{"queue":"hiring/www/leads","description":"Лиды","revision":7}"""));

        var run = await CliRun.Async(["queue", "get", "hiring/www/leads", "--host", server.Address.AbsoluteUri]);

        Assert.Equal(0, run.Code);
        Assert.Equal(
            """
            {
              "queue": "hiring/www/leads",
              "description": "Лиды",
              "revision": 7
            }

            """, run.Output);
        Assert.Equal(
            $"""
            GET {server.Address}api/v1/queues?queue=hiring%2Fwww%2Fleads
            200 OK

            """, run.Errors);
    }

    [Fact]
    public async Task Raw_output_is_the_body_to_the_byte()
    {
        const string Body = "{\"a\" :1.0e0,\n\t\"b\":\"\\u0041\"}";
        await using var server = await StartAsync(Json(Body));

        var run = await CliRun.Async(["workflow", "list", "-o", "raw", "--host", server.Address.AbsoluteUri]);

        Assert.Equal(Body, run.Output);
    }

    [Fact]
    public async Task A_table_has_a_row_for_each_item_and_a_column_for_each_member()
    {
        await using var server = await StartAsync(Json(Found));

        var run = await CliRun.Async(["ticket", "find", "-q", "a", "--output", "table", "--host", server.Address.AbsoluteUri]);

        var lines = run.Output.Split('\n').Select(l => Regex.Split(l.Trim(), " {2,}")).Where(l => l[0].Length > 0).ToList();
        Assert.Equal(["ticket_id", "status", "indexed_meta"], lines[0]);
        Assert.Equal(["1", "открыт"], lines[2]);
        Assert.Equal(["2", "{\"cost\":3}"], lines[3]);
        Assert.Equal(["next_cursor: c1"], lines[4]);
    }

    [Fact]
    public async Task A_search_of_all_pages_writes_one_ticket_per_line()
    {
        await using var server = await StartAsync(Json(Found), Json("""{"tickets":[{"ticket_id":"3"}]}"""));

        var run = await CliRun.Async(["ticket", "find", "-q", "a", "--field", "cost:=3", "--field", "state=TX", "--all", "--host", server.Address.AbsoluteUri]);

        Assert.Equal("{\"ticket_id\":\"1\",\"status\":\"открыт\"}\n{\"ticket_id\":\"2\",\"indexed_meta\":{\"cost\":3}}\n{\"ticket_id\":\"3\"}\n", run.Output);
        Assert.Equal("""{"query":{"queue":"a","indexed_meta":{"cost":3,"state":"TX"}}}""", server.Requests[0].Body);
        Assert.Equal("""{"query":{"queue":"a","indexed_meta":{"cost":3,"state":"TX"}},"cursor":"c1"}""", server.Requests[1].Body);
    }

    [Theory]
    [InlineData(400, 2)]
    [InlineData(404, 3)]
    [InlineData(409, 4)]
    [InlineData(412, 4)]
    [InlineData(422, 4)]
    [InlineData(401, 5)]
    [InlineData(403, 5)]
    [InlineData(429, 6)]
    [InlineData(503, 6)]
    [InlineData(500, 7)]
    public async Task The_exit_code_tells_the_class_of_the_answer_and_the_problem_is_shown(int status, int code)
    {
        await using var server = await StartAsync(Problem(status, ProblemCodes.NotFound));

        var run = await CliRun.Async(["ticket", "get", "1", "--retry-for", "0", "--host", server.Address.AbsoluteUri]);

        Assert.Equal(code, run.Code);
        Assert.Contains("\"code\": \"not_found\"", run.Output, StringComparison.Ordinal);
        Assert.Contains($"\n{status} ", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_host_is_named_and_has_its_own_exit_code()
    {
        var run = await CliRun.Async(["queue", "list", "--host", "no-such-host.invalid"]);

        Assert.Equal(8, run.Code);
        Assert.Empty(run.Output);
        Assert.Contains("error: No answer from https://no-such-host.invalid after 1 attempt", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_is_not_there_yet_is_waited_for_and_the_waiting_is_shown()
    {
        var run = await CliRun.Async(["queue", "list", "--retry-for", "0.5", "--host", $"127.0.0.1:{FreePort()}"]);

        Assert.Equal(8, run.Code);
        Assert.Contains("asking again until it answers", run.Errors, StringComparison.Ordinal);
    }
}
