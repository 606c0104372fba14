using System.Text.Json.Nodes;
using System.Xml.Linq;
using Tickets.Cli;
using Tickets.Core.Workflows;
using Tickets.Tests.Client;
using static Tickets.Tests.Client.ScriptedServer;

namespace Tickets.Tests.Cli;

public sealed class WorkflowGraphTests : IDisposable
{
    private const string Good =
        """{"workflow_id":"w","initial":"open","statuses":{"open":{"to":["done+fixed","open"],"lifetime":"PT1H","on_timeout":"done"},"done":{"terminal":true,"resolutions":["fixed"]}},"indexed_fields":{"a":{"type":"int64","slot":1}},"indexes":[["status","a"]]}""";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Each breaks one rule; the server's own check is what lint is held against.</summary>
    public static TheoryData<string> Faulty { get; } =
    [
        """{"workflow_id":"w","initial":"open","statuses":{"open":{"to":["gone"]},"done":{"terminal":true}}}""",
        """{"workflow_id":"w","statuses":{"open":{"to":["done"]},"done":{"terminal":true}}}""",
        """{"workflow_id":"w","initial":"nowhere","statuses":{"open":{"to":["done"]},"done":{"terminal":true}}}""",
        """{"workflow_id":"w","initial":"open","statuses":{"open":{"to":["open"]},"done":{"terminal":true}}}""",
        """{"workflow_id":"w","initial":"open","statuses":{"open":{"to":["done","done"]},"done":{"terminal":true}}}""",
        """{"workflow_id":"w","initial":"open","statuses":{"open":{"to":["done+lost"]},"done":{"terminal":true,"resolutions":["fixed"]}}}""",
        """{"workflow_id":"w","initial":"open","statuses":{"open":{"to":["done-"]},"done":{"terminal":true,"resolutions":["fixed"],"resolution_required":true}}}""",
        """{"workflow_id":"w","initial":"open","statuses":{"open":{"to":["done"]},"done":{"terminal":true,"resolution_required":true}}}""",
        """{"workflow_id":"w","initial":"open","statuses":{"open":{"to":["done"],"on_timeout":"done"},"done":{"terminal":true}}}""",
        """{"workflow_id":"w","initial":"open","statuses":{"open":{"to":["done"],"lifetime":"PT1H","on_timeout":"late"},"done":{"terminal":true}}}""",
        """{"workflow_id":"w","initial":"open","statuses":{"open":{"to":["done"]},"done":{"terminal":true}},"indexed_fields":{"a":{"type":"int64","slot":1},"b":{"type":"int64","slot":1}}}""",
        """{"workflow_id":"w","initial":"open","statuses":{"open":{"to":["done"]},"done":{"terminal":true}},"indexed_fields":{"a":{"type":"text","slot":9}}}""",
        """{"workflow_id":"w","initial":"open","statuses":{"open":{"to":["done"]},"done":{"terminal":true}},"indexes":[["a"]]}""",
        """{"workflow_id":"w","initial":"open","statuses":{}}""",
        """{"initial":"open","statuses":{"open":{"terminal":true}}}""",
    ];

    [Theory]
    [MemberData(nameof(Faulty))]
    public void What_the_server_refuses_lint_finds_too(string definition)
    {
        Assert.True(Refuses(definition));
        Assert.Contains(WorkflowLint.Look(GraphOf(definition)), finding => finding.Severity == Finding.Fault);
    }

    [Theory]
    [MemberData(nameof(Faulty))]
    public void Lint_points_where_the_server_points(string definition)
    {
        using var document = System.Text.Json.JsonDocument.Parse(definition);
        var server = WorkflowReader.Read(document.RootElement).Problem!.Errors!.Select(error => error.Pointer).ToHashSet(StringComparer.Ordinal);
        var lint = WorkflowLint.Look(GraphOf(definition)).Where(finding => finding.Severity == Finding.Fault).Select(finding => finding.Pointer).ToHashSet(StringComparer.Ordinal);

        // Lint says all that it sees, the server may stop at the first kind of fault.
        Assert.Empty(server.Except(lint));
    }

    [Fact]
    public async Task Lint_writes_a_table_where_one_is_asked_for()
    {
        var run = await CliRun.Async(["workflow", "lint", _folder.Write("w.json", Faulty.First().Data), "--output", "table"]);

        Assert.DoesNotContain("{", run.Output, StringComparison.Ordinal);
        Assert.Contains("/statuses/open/to/0", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("workflow", "lint")]
    [InlineData("ticket", "bulk")]
    public async Task A_file_that_is_no_JSON_is_told_by_line_without_the_parsers_own_words(params string[] command)
    {
        var run = await CliRun.Async([.. command, _folder.Write("w.json", "{\n\"a\": x}")]);

        Assert.Equal(1, run.Code);
        Assert.Contains("is not JSON", run.Errors, StringComparison.Ordinal);
        Assert.Contains("line 2, byte 6", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("LineNumber", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Good)]
    [InlineData("""{"workflow_id":"w","statuses":[[1,2],[2,3],[3,4,5]],"codes":{"1":"new","5":"dropped"}}""")]
    public void What_the_server_takes_lint_finds_no_fault_in(string definition)
    {
        Assert.False(Refuses(definition));
        Assert.DoesNotContain(WorkflowLint.Look(GraphOf(definition)), finding => finding.Severity == Finding.Fault);
    }

    [Fact]
    public async Task Lint_names_every_fault_and_a_status_that_nothing_leads_to()
    {
        var file = _folder.Write("w.json", """{"workflow_id":"w","initial":"open","statuses":{"open":{"to":["done","gone"]},"island":{"to":["done"]},"done":{"terminal":true}}}""");
        var run = await CliRun.Async(["workflow", "lint", file]);
        Assert.Equal(1, run.Code);
        var findings = JsonNode.Parse(run.Output)!["findings"]!.AsArray().Select(finding => (string)finding!["message"]!);
        Assert.Equal(["There is no status 'gone'.", "Nothing leads from 'open' to 'island'."], findings);
        Assert.Contains("1 faults, 1 warnings", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_drawing_in_text_shows_ways_times_and_faults()
    {
        var file = _folder.Write("w.json", """{"workflow_id":"w","initial":"open","statuses":{"open":{"to":["done+fixed","gone"],"lifetime":"PT1H","on_timeout":"late"},"late":{"to":["done"]},"done":{"terminal":true}}}""");
        var run = await CliRun.Async(["workflow", "draw", file]);
        Assert.Equal(1, run.Code);
        foreach (var piece in new[] { "● open   lives PT1H", "├══▶ done  (sets fixed)", "├──▶ gone  ✗ not there", "└··▶ late", "■ done", "fault: There is no status 'gone'." })
            Assert.Contains(piece, run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_drawing_in_svg_is_well_formed_and_has_every_status_and_way()
    {
        var (file, to) = (_folder.Write("w.json", """{"workflow_id":"<w>","initial":"open","statuses":{"open":{"to":["done","gone"]},"back":{"to":["open"]},"done":{"terminal":true,"to":["back"]}}}"""), _folder.At("w.svg"));
        await CliRun.Async(["workflow", "draw", file, "--to", to]);
        var svg = XDocument.Load(to).Root!;
        XNamespace ns = "http://www.w3.org/2000/svg";
        Assert.Subset(svg.Elements(ns + "text").Select(text => text.Value).ToHashSet(), new HashSet<string> { "open", "back", "done", "gone" });
        Assert.Equal(4, svg.Elements(ns + "path").Count());
        Assert.Equal("<w>", svg.Element(ns + "title")!.Value);
        Assert.Contains(svg.Elements(ns + "rect"), rect => ((string?)rect.Attribute("class"))?.Contains("missing", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task A_workflow_of_the_service_is_drawn_by_its_id()
    {
        await using var server = await StartAsync(Json(Good));
        var run = await CliRun.Async(["workflow", "draw", "incidents/v1", "--host", server.Address.AbsoluteUri]);
        Assert.Equal(0, run.Code);
        Assert.Equal("/api/v1/workflows?workflow_id=incidents%2Fv1", Assert.Single(server.Requests).Target);
        Assert.Contains("● open", run.Output, StringComparison.Ordinal);
    }

    private static WorkflowGraph GraphOf(string definition) => WorkflowGraph.Of(JsonNode.Parse(definition)!.AsObject());

    private static bool Refuses(string definition)
    {
        using var document = System.Text.Json.JsonDocument.Parse(definition);
        return WorkflowReader.Read(document.RootElement).IsProblem;
    }
}
