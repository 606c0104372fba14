using Tickets.Tests;

namespace Tickets.Acceptance.Faults;

/// <summary>A session of the database may not have heard of a new queue's partitions, and says that there is none (decision 0006).</summary>
public class MissedPartitionTests(RunningApp app)
{
    [Theory]
    [InlineData("tickets")]
    [InlineData("ticket_meta")]
    public async Task A_create_for_which_a_session_knows_no_partition_is_tried_again(string parent)
    {
        var queue = await app.NewQueueAsync("hot-0");
        var shard = Databases.Of(app.Stack.Shards["hot-0"]);
        var partition = $"{parent}_q{await Databases.Of(app.Stack.SettingsDatabase).ScalarAsync<int>($"select queue_id from queues where name = '{queue}'")}";
        // What a sequence has given out is not rolled back, so that the first try alone is refused.
        await shard.ExecuteAsync(
            $"""
            create sequence {partition}_tries;
            create function {partition}_refuse() returns trigger language plpgsql as $$
            begin
                if nextval('{partition}_tries') = 1 then
                    raise exception using errcode = 'check_violation', table = '{parent}', message = 'no partition of relation found for row';
                end if;
                return new;
            end $$;
            create trigger refuse before insert on {partition} for each row execute function {partition}_refuse();
            """);

        (await app.Admin.PostAsync("/tickets", $$"""{"queue": "{{queue}}", "meta": {"report": {"gulls": 3} } }""")).Ok();

        Assert.Equal(2, await shard.ScalarAsync<long>($"select last_value from {partition}_tries"));
    }
}
