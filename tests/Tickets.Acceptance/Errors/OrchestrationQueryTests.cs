namespace Tickets.Acceptance.Errors;

public class OrchestrationQueryTests(RunningApp app)
{
    [Theory]
    [InlineData("-1")]
    [InlineData("%2B1")]
    [InlineData("1")]
    [InlineData("running,-2")]
    [InlineData("odd")]
    public async Task A_status_that_is_none_is_refused_with_those_there_are(string status)
    {
        var problem = (await app.Admin.GetAsync($"/orchestrations?status={status}")).Problem(400, "invalid_parameter");

        Assert.Contains("running, completed, failed, terminated, pending, suspended, parked", problem.Text("detail"), StringComparison.Ordinal);
        (await app.Admin.GetAsync("/orchestrations?status=Running,parked")).Ok();
    }

    [Theory]
    [InlineData("instance_id")]
    [InlineData("name")]
    [InlineData("prefix")]
    [InlineData("hub")]
    public async Task A_parameter_that_the_database_cannot_hold_is_no_fault_of_the_servers(string parameter)
    {
        foreach (var text in new[] { "a%00b", "%0A", "%F0%9F%98%80", new string('x', 3_000) })
        {
            var answer = await app.Admin.GetAsync($"/orchestrations?{parameter}={text}");
            Assert.True(answer.Status is 200 or 400 or 404, $"{parameter}={text}: {answer.Status}");
        }
    }
}
