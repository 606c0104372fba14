using Tickets.Tests.Client;
using static Tickets.Tests.Client.ScriptedServer;

namespace Tickets.Tests.Cli;

public sealed class ProfileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_environment_has_an_address_and_a_key()
    {
        await using var server = await StartAsync(Json("{}"));

        await CliRun.Async(["queue", "list", "--env", "unstable"], variables: Profiles(server));

        Assert.Equal("Bearer tk_profile", server.Requests[0].Header("Authorization"));
    }

    [Fact]
    public async Task An_address_given_by_hand_never_gets_the_key_of_a_profile_nobody_named()
    {
        await using var server = await StartAsync(Json("{}"));
        var variables = new Dictionary<string, string>(Profiles(server)) { ["TICKETS_ENV"] = "unstable" };

        await CliRun.Async(["queue", "list", "--host", server.Address.AbsoluteUri], variables: variables);

        Assert.Null(server.Requests[0].Header("Authorization"));
    }

    [Fact]
    public async Task A_key_on_the_command_line_comes_before_the_profile_and_the_profile_before_the_variable()
    {
        await using var server = await StartAsync(Json("{}"));
        var variables = new Dictionary<string, string>(Profiles(server)) { ["TICKETS_KEY"] = "tk_variable" };

        await CliRun.Async(["queue", "list", "-e", "unstable", "--key", "tk_said"], variables: variables);
        await CliRun.Async(["queue", "list", "-e", "unstable"], variables: variables);
        await CliRun.Async(["queue", "list", "-e", "keyless"], variables: variables);

        Assert.Equal(["Bearer tk_said", "Bearer tk_profile", "Bearer tk_variable"], server.Requests.Select(r => r.Header("Authorization")));
    }

    [Fact]
    public async Task An_address_in_the_environment_is_asked_and_an_empty_one_asks_nobody()
    {
        await using var server = await StartAsync(Json("{}"));

        var asked = await CliRun.Async(["queue", "list"], variables: new Dictionary<string, string> { ["TICKETS_HOST"] = server.Address.AbsoluteUri, ["TICKETS_KEY"] = "tk_variable" });
        var empty = await CliRun.Async(["queue", "list"], variables: new Dictionary<string, string> { ["TICKETS_HOST"] = "", ["TICKETS_KEY"] = "tk_variable" });

        Assert.Equal(0, asked.Code);
        Assert.Equal("Bearer tk_variable", server.Requests.Single().Header("Authorization"));
        Assert.Equal(1, empty.Code);
        Assert.Contains("$TICKETS_HOST is set and empty", empty.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"x": {"adress": "y"}}""", "'x' must have an \"address\"")]
    [InlineData("""{"x": {"address": 7}}""", "'x' must have an \"address\"")]
    [InlineData("""["x"]""", "not a JSON object of profiles")]
    [InlineData("{\"x\": {\n\"address\"", "line 2")]
    public async Task A_damaged_profile_file_is_told_in_plain_words(string text, string expected)
    {
        var run = await CliRun.Async(["queue", "list"], variables: new Dictionary<string, string> { ["TICKETS_PROFILES"] = _folder.Write("p.json", text) });

        Assert.Equal(1, run.Code);
        Assert.Contains(expected, run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("Path: $", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("LineNumber", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_profile_file_that_cannot_be_read_says_what_it_should_look_like()
    {
        var run = await CliRun.Async(["queue", "list"], variables: new Dictionary<string, string> { ["TICKETS_PROFILES"] = _folder.Write("p.json", """{"x": {"adress": "y"}}""") });

        Assert.Equal(1, run.Code);
        Assert.Contains("'x'", run.Errors, StringComparison.Ordinal);
        Assert.Contains("""It should look like {"unstable":""", run.Errors, StringComparison.Ordinal);
    }

    private Dictionary<string, string> Profiles(ScriptedServer server) => new()
    {
        ["TICKETS_PROFILES"] = _folder.Write("profiles.json", $$"""{"unstable": {"address": "{{server.Address}}", "key": "tk_profile"}, "keyless": {"address": "{{server.Address}}"} }"""),
    };
}
