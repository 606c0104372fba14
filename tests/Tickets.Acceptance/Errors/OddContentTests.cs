namespace Tickets.Acceptance.Errors;

/// <summary>JSON that is well formed and strange: it is kept as it came, or refused in so many words.</summary>
public class OddContentTests(RunningApp app)
{
    [Theory]
    [InlineData("\"\\u0000\"")]
    [InlineData("{\"\\u0000\": \"a\\u0000b\"}")]
    [InlineData("\"\\ud83d\\ude00 \\u2028 \\ufeff \\uffff \\u007f\"")]
    [InlineData("\"\u2028\ufeff\uffff\u202e\"")]
    [InlineData("{\"\": {\"\": []}, \" \": null}")]
    [InlineData("1e400")]
    [InlineData("-0")]
    [InlineData("123456789012345678901234567890.123456789012345678901234567890")]
    [InlineData("[[],{},\"\",0,true,false,null]")]
    [InlineData("\"</script><!-- ' ; drop table tickets; -- {0} %s $1\"")]
    [InlineData("{\"__proto__\": 1, \"constructor\": 2, \"$ref\": \"#\", \"@type\": \"x\"}")]
    public async Task Meta_is_kept_as_it_came_through_create_update_find_and_the_change_log(string json)
    {
        var queue = await app.NewQueueAsync();
        var id = await app.Admin.CreateAsync(queue, $"\"meta\": {{\"made\": {json}}}");
        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {"meta.set": {{json}} } }""")).Ok();

        var meta = (await app.Admin.TicketAsync(queue, id)).GetProperty("meta");
        Assert.Equal((json, json), (meta.GetProperty("made").GetProperty("data").GetRawText(), meta.GetProperty("set").GetProperty("data").GetRawText()));
        var found = (await app.Admin.PostAsync("/tickets/find", $$"""{"query": {"queue": "{{queue}}"} }""")).Ok().GetProperty("tickets")[0];
        Assert.Equal(json, found.GetProperty("meta").GetProperty("made").GetProperty("data").GetRawText());
        var ops = (await app.Admin.GetAsync($"/oplog?queue={queue}")).Ok().GetProperty("ops");
        Assert.Equal(json, ops[0].GetProperty("diff").GetProperty("set").GetProperty("meta.made").GetRawText());
        Assert.Equal(json, ops[1].GetProperty("diff").GetProperty("set").GetProperty("meta.set").GetRawText());
    }

    [Fact]
    public async Task Meta_may_be_nested_as_deep_as_a_body_may_be_in_both_tiers()
    {
        var queue = await app.NewQueueAsync(retention: "PT0S");
        // The body itself and its meta are the two outermost of 64 levels.
        var deepest = $"{new string('[', 62)}{new string(']', 62)}";

        var id = await app.Admin.CreateAsync(queue, $"\"meta\": {{\"deep\": {deepest}}}");
        (await app.Admin.PostAsync("/tickets", $$"""{"queue": "{{queue}}", "meta": {"deep": [{{deepest}}]} }""")).Problem(400, "malformed_json");
        await app.Admin.CloseAsync(queue, id);
        Assert.Equal(deepest, (await app.Admin.TicketAsync(queue, id)).GetProperty("meta").GetProperty("deep").GetProperty("data").GetRawText());
        await Archiving.MoveAsync(app.Admin, queue, id);

        Assert.Equal(deepest, (await app.Admin.TicketAsync(queue, id)).GetProperty("meta").GetProperty("deep").GetProperty("data").GetRawText());
    }

    [Theory]
    [InlineData("\"group\": \"a\\u0000b\"", "/group")]
    [InlineData("\"indexed_meta\": {\"state\": \"\\u0000\"}", "/indexed_meta/state")]
    [InlineData("\"meta\": {\"\\u0000\": 1}", "/meta/\0")]
    [InlineData("\"meta\": {\"\": 1}", "/meta/")]
    [InlineData("\"meta\": {\"é\": 1}", "/meta/é")]
    [InlineData("\"meta\": {\"~/\": 1}", "/meta/~0~1")]
    [InlineData("\"meta\": []", "/meta")]
    [InlineData("\"indexed_meta\": \"x\"", "/indexed_meta")]
    [InlineData("\"parent_id\": 7", "/parent_id")]
    [InlineData("\"parent_id\": \"\\u0661\"", "/parent_id")]
    [InlineData("\"nonce\": 7", "/nonce")]
    [InlineData("\"status\": \"repor\\u0000ted\"", "/status")]
    public async Task What_cannot_be_kept_is_refused_by_its_place(string members, string pointer)
    {
        var queue = await app.NewQueueAsync();

        (await app.Admin.PostAsync("/tickets", $$"""{"queue": "{{queue}}", {{members}} }""")).Problem(400, "invalid_field", pointer);
    }

    [Theory]
    [InlineData("\"a\\u0000b\"")]
    [InlineData("\"\"")]
    [InlineData("\"\\ud83d\\ude00\"")]
    [InlineData("\"'; drop table tickets; --\"")]
    [InlineData("\"../../etc\"")]
    public async Task A_strange_queue_name_is_a_queue_that_does_not_exist(string queue)
    {
        (await app.Admin.PostAsync("/tickets", $$"""{"queue": {{queue}} }""")).Problem(400, "queue_not_found", "/queue");
        (await app.Admin.PostAsync("/tickets/find", $$"""{"query": {"queue": {{queue}} } }""")).Problem(400, "queue_not_found", "/query/queue");
        (await app.Admin.PatchAsync("/tickets/1", $$"""{"queue": {{queue}} }""")).Problem(400, "queue_not_found", "/queue");
    }

    [Theory]
    [InlineData("7")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[\"q\"]")]
    [InlineData("true")]
    public async Task A_queue_that_is_no_string_is_refused(string queue)
    {
        (await app.Admin.PostAsync("/tickets", $$"""{"queue": {{queue}} }""")).Problem(400, "invalid_field", "/queue");
        (await app.Admin.PostAsync("/tickets/find", $$"""{"query": {"queue": {{queue}} } }""")).Problem(400, "invalid_field", "/query/queue");
        (await app.Admin.PatchAsync("/tickets/1", $$"""{"queue": {{queue}} }""")).Problem(400, "invalid_field", "/queue");
        (await app.Admin.PostAsync("/tickets/1/accept", $$"""{"queue": {{queue}}, "by": "me"}""")).Problem(400, "invalid_field", "/queue");
    }

    [Theory]
    [InlineData("{\"query\": {\"queue\": \"QUEUE\", \"group\": \"\\u0000\"}}", "/query/group")]
    [InlineData("{\"query\": {\"queue\": \"QUEUE\", \"status\": \"a\\u0000\"}}", "/query/status")]
    [InlineData("{\"query\": {\"queue\": \"QUEUE\", \"indexed_meta\": {\"state\": \"\\u0000\"}}}", "/query/indexed_meta/state")]
    [InlineData("{\"query\": {\"queue\": \"QUEUE\"}, \"projection\": [\"meta.\\u0000\"]}", "/projection/0")]
    [InlineData("{\"query\": {\"queue\": \"QUEUE\"}, \"cursor\": \"\\u0000\"}", "/cursor")]
    public async Task U0000_is_refused_in_a_search(string body, string pointer)
    {
        var queue = await app.NewQueueAsync();

        (await app.Admin.PostAsync("/tickets/find", body.Replace("QUEUE", queue, StringComparison.Ordinal))).Problem(400, "invalid_field", pointer);
    }
}
