namespace Tickets.Acceptance.Nonces;

public class TakeNoncesTests(RunningApp app)
{
    [Theory]
    [InlineData(null)]
    [InlineData("{}")]
    [InlineData("""{"count": null}""")]
    [InlineData("""{"count": 1}""")]
    public async Task One_nonce_comes_when_no_other_number_is_asked(string? body)
    {
        var answer = (await app.Admin.PostAsync("/nonces", body)).Ok();

        Assert.NotEmpty(Assert.Single(answer.Texts("nonces")));
    }

    [Fact]
    public async Task A_thousand_nonces_come_at_once_and_no_two_are_alike()
    {
        var nonces = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => app.Admin.NoncesAsync(1000)));

        Assert.Equal(20_000, nonces.SelectMany(list => list).Distinct().Count());
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1001")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("\"3\"")]
    [InlineData("true")]
    [InlineData("[1]")]
    [InlineData("9223372036854775808")]
    public async Task A_count_that_is_no_number_from_1_to_1000_is_refused(string count)
    {
        var answer = await app.Admin.PostAsync("/nonces", $$"""{"count": {{count}} }""");

        answer.Problem(400, "invalid_field", "/count");
    }

    [Fact]
    public async Task Unknown_members_are_named()
    {
        var answer = await app.Admin.PostAsync("/nonces", """{"count": 1, "number": 2, "a/b~c": 3}""");

        answer.Problem(400, "unknown_member", "/number", "/a~1b~0c");
    }

    [Fact]
    public async Task A_nonce_is_good_for_a_queue_on_any_shard()
    {
        foreach (var shard in app.Stack.Shards.Keys)
        {
            var queue = await app.NewQueueAsync(shard);
            foreach (var nonce in await app.Admin.NoncesAsync(2))
                (await app.Admin.PostAsync("/tickets", $$"""{"nonce": "{{nonce}}", "queue": "{{queue}}"}""")).Ok();
        }
    }
}
