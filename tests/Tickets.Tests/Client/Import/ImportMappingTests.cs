using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tickets.Cli;
using Tickets.Client.Import;
using Tickets.Contracts;

namespace Tickets.Tests.Client.Import;

public class ImportMappingTests
{
    [Fact]
    public async Task Every_row_of_the_birdstrike_sample_becomes_a_ticket()
    {
        using var file = ImportFile.Open(Path.Combine(AppContext.BaseDirectory, "Client", "Import", "birdstrikes-sample.csv"));
        var mapping = Birdstrikes();
        mapping.CheckColumns(file.Columns!);
        var mapper = new ImportRowMapper(mapping);

        var mapped = await file.ReadAsync(TestContext.Current.CancellationToken).Select(mapper.Map).ToListAsync(TestContext.Current.CancellationToken);

        Assert.All(mapped, m => Assert.Null(m.Fault));
        Assert.True(mapped.Count > 30);
        Assert.Equal(
            """
            {"queue":"incidents/birdstrikes","created_at":"1990-01-08T00:00:00.000000Z",
            "meta":{"flight":{"airport":"BARKSDALE AIR FORCE BASE ARPT","aircraft":"T-38A","date":"1990-01-08","time_of_day":"Day"},"strike":{"wildlife_size":"Large"},"damage":{"repair_cost":0,"other_cost":0}},
            "indexed_meta":{"state":"Louisiana","operator":"MILITARY","phase":"Climb","species":"Turkey vulture","damage":"None","cost":0,"speed":300}}
            """.ReplaceLineEndings(""),
            JsonSerializer.Serialize(mapped[0].Request!, TicketsJson.Default.CreateTicketRequest));
        Assert.Contains(mapped, m => !m.Request!.IndexedMeta!.ContainsKey("speed"));
    }

    [Fact]
    public void The_demo_workflow_indexes_exactly_what_the_birdstrike_mapping_fills()
    {
        var workflow = JsonSerializer.Deserialize(Demo("workflow.json"), TicketsJson.Default.Workflow)!;
        var queue = JsonSerializer.Deserialize(Demo("queue.json"), TicketsJson.Default.Queue)!;
        var mapping = Birdstrikes();

        Assert.Equal((queue.Name, queue.WorkflowId), (mapping.Queue, workflow.WorkflowId));
        Assert.Equal(
            workflow.IndexedFields!.Select(f => (f.Key, f.Value.Type)).Order(),
            mapping.IndexedMeta!.Select(f => (f.Key, f.Value.Type == ImportType.Int64 ? "int64" : "string")).Order());
        Assert.Equal(workflow.IndexedFields!.Count, workflow.IndexedFields.Values.Distinct().Count());
        Assert.All(workflow.IndexedFields.Values, field => Assert.InRange(field.Slot, 1, 5));
        Assert.All(workflow.Indexes!.SelectMany(i => i), field => Assert.Contains(field, workflow.IndexedFields));
    }

    [Fact]
    public void Columns_are_read_as_the_type_the_mapping_gives_them()
    {
        var request = Map(
            """
            {"queue": "q", "status": {"value": "open"}, "group": {"column": "g"},
             "created_at": {"column": "when", "type": "time", "formats": ["dd.MM.yyyy", "unix"]},
             "indexed_meta": {"n": {"column": "n", "type": "int64"}, "source": {"value": "faa"}},
             "meta": {"m": {"number": {"column": "d", "type": "number"}, "yes": {"column": "b", "type": "boolean"}, "any": {"column": "j", "type": "json"},
                            "time": {"column": "when", "type": "time", "formats": ["dd.MM.yyyy"]}, "none": {"column": "empty"}},
                      "left out": {"none": {"column": "empty", "type": "int64"}}}}
            """,
            new JsonObject { ["g"] = " night ", ["when"] = "31.12.1999", ["n"] = "-5", ["d"] = "1.50", ["b"] = "Yes", ["j"] = "[1,{}]", ["empty"] = "  " }).Request!;

        Assert.Equal(("open", "night"), (request.Status, request.Group));
        Assert.Equal(new DateTimeOffset(1999, 12, 31, 0, 0, 0, TimeSpan.Zero), request.CreatedAt);
        Assert.Equal(-5, request.IndexedMeta!["n"].Number);
        Assert.Equal("faa", request.IndexedMeta["source"].Text);
        Assert.Equal(["m"], request.Meta!.Keys);
        Assert.Equal("""{"number":1.50,"yes":true,"any":[1,{}],"time":"1999-12-31T00:00:00Z"}""", request.Meta["m"].GetRawText());
    }

    [Fact]
    public void A_row_that_does_not_fit_names_every_column_with_its_value_and_what_it_should_be()
    {
        var (request, fault) = Map(
            """
            {"queue": "q", "created_at": {"column": "when", "type": "time", "formats": ["yyyy-MM-dd"]},
             "indexed_meta": {"cost": {"column": "Cost", "type": "int64"}, "long": {"column": "Text"}}}
            """,
            new JsonObject { ["when"] = "8/1/90", ["Cost"] = "1,200", ["Text"] = new string('я', 65) });

        Assert.Null(request);
        Assert.Equal(
            "column 'when' is '8/1/90', which is not a time in the format yyyy-MM-dd (for created_at); " +
            "column 'Cost' is '1,200', which is not an int64 (for indexed_meta.cost); " +
            "column 'Text' has 130 bytes of UTF-8; indexed_meta.long takes 128.",
            fault);
    }

    [Theory]
    [InlineData("""{"queue": "q", "indexed_meta": {"cost": {"colum": "Cost"}}}""", "colum")]
    [InlineData("""{"queue": "q", "indexed_meta": {"cost": {"column": "Cost", "type": "number"}}}""", "indexed_meta.cost must be of the type \"int64\" or \"string\"")]
    [InlineData("""{"queue": "q", "meta": {"m": {"x": {}}}}""", "meta.m.x must have either \"column\" or \"value\"")]
    [InlineData("""{"queue": "q", "created_at": {"column": "d"}}""", "created_at must be of the type \"time\"")]
    [InlineData("""{"queue": "q", "created_at": {"value": "yesterday"}}""", "created_at must be a time")]
    [InlineData("""{"queue": "q", "meta": {"m": {"x": {"column": "x", "formats": ["unix"]}}}}""", "meta.m.x has \"formats\"")]
    [InlineData("""["queue"]""", "must be a JSON object such as {")]
    [InlineData("""{"queue": 7}""", "queue must be a text")]
    [InlineData("""{"queue": "q", "fields": {}}""", "fields is no member of a mapping")]
    [InlineData("""{"queue": "q", "indexed_meta": {"cost": "Cost"}}""", "indexed_meta.cost must say where its value comes from: {\"column\": \"Cost\"")]
    [InlineData("""{"queue": "q", "meta": {"report": {"column": "Text"}}}""", "meta.report.column must say where")]
    [InlineData("""{"queue": "q", "meta": {"report": "Text"}}""", "meta.report must be an object of members")]
    [InlineData("""{"queue": "q", "indexed_meta": {"cost": {"column": "Cost", "type": "integer"}}}""", "indexed_meta.cost.type must be one of string, int64")]
    [InlineData("""{}""", "queue is missing")]
    [InlineData("""{"queue": """, "JSON")]
    public void A_mapping_that_cannot_work_is_refused_with_the_member_at_fault(string mapping, string expected)
    {
        var e = Assert.Throws<ImportMappingException>(() => ImportMapping.Parse(Encoding.UTF8.GetBytes(mapping)));

        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_column_that_the_file_lacks_is_named_with_those_it_has()
    {
        var mapping = ImportMapping.Parse("""{"queue": "q", "indexed_meta": {"cost": {"column": "Cost", "type": "int64"}}}"""u8);

        var e = Assert.Throws<ImportMappingException>(() => mapping.CheckColumns(["Cost Total $", "State"]));

        Assert.Equal(["indexed_meta.cost names the column 'Cost', which the file does not have.", "The file has 'Cost Total $', 'State'."], e.Faults);
    }

    private static (CreateTicketRequest? Request, string? Fault) Map(string mapping, JsonObject values) =>
        new ImportRowMapper(ImportMapping.Parse(Encoding.UTF8.GetBytes(mapping))).Map(new ImportRow(2, values));

    private static ImportMapping Birdstrikes() => ImportMapping.Parse(Demo("birdstrikes.mapping.json"));

    private static byte[] Demo(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "demo", name));
}
