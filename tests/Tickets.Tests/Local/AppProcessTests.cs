using System.Net;
using System.Net.Http.Json;
using Tickets.Local;

namespace Tickets.Tests.Local;

public class AppProcessTests
{
    private static readonly string StandIn = Path.Combine(TestFiles.Folder, "stand-in-app.mjs");

    private static LocalStackOptions WithApp(string executable) => LocalStackOptions.ForTests() with { WithApp = true, WithStorage = false, AppExecutable = executable };

    [Fact]
    public async Task The_function_app_that_was_built_starts_and_says_that_it_is_ready()
    {
        await using var stack = await LocalStack.StartAsync(LocalStackOptions.ForTests() with { WithApp = true }, TestContext.Current.CancellationToken);
        using var http = new HttpClient { BaseAddress = stack.Apps[0].Address };
        using var version = await http.GetAsync("/api/v1/version", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, version.StatusCode);
    }

    [Fact]
    public async Task An_app_is_told_where_everything_is()
    {
        var options = WithApp(StandIn) with { AppEnvironment = new Dictionary<string, string> { ["Test__Extra"] = "yes" }, ExistingStorage = "UseDevelopmentStorage=true", WithStorage = true };
        await using var stack = await LocalStack.StartAsync(options, TestContext.Current.CancellationToken);

        var app = Assert.Single(stack.Apps);
        var configuration = await ConfigurationAsync(app);
        Assert.Equal(stack.SettingsDatabase, configuration["Settings__Database"]);
        Assert.Equal(stack.Shards["hot-0"], configuration["Shards__hot_0"]);
        Assert.Equal(stack.Shards["hot-1"], configuration["Shards__hot_1"]);
        Assert.Equal("UseDevelopmentStorage=true", configuration["Storage__ConnectionString"]);
        Assert.Equal(app.Address.ToString().TrimEnd('/'), configuration["Hosting__Url"]);
        Assert.Equal("yes", configuration["Test__Extra"]);
    }

    [Fact]
    public async Task Apps_are_added_killed_and_stopped_one_by_one()
    {
        await using var stack = await LocalStack.StartAsync(WithApp(StandIn), TestContext.Current.CancellationToken);
        var first = stack.Apps[0];
        var second = await stack.StartAppAsync(cancellationToken: TestContext.Current.CancellationToken);
        Assert.NotEqual(first.Address, second.Address);
        var failure = stack.WaitForFailureAsync(TestContext.Current.CancellationToken);

        await first.KillAsync();
        Assert.False(RunningProcess.Is(first.Pid));
        Assert.Contains("SIGKILL", await failure);
        Assert.Equal((await ConfigurationAsync(second))["Settings__Database"], stack.SettingsDatabase);

        await second.StopAsync();
        Assert.True(second.HasExited);
        Assert.False(RunningProcess.Is(second.Pid));
    }

    [Fact]
    public async Task An_app_that_cannot_start_is_refused_with_the_end_of_its_log()
    {
        var broken = Path.Combine(Directory.CreateTempSubdirectory("tickets-broken-").FullName, "app");
        await File.WriteAllTextAsync(broken, "#!/bin/sh\necho 'no such shard: hot-7' >&2\nexit 3\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(broken, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        var refusal = await Assert.ThrowsAnyAsync<LocalStackException>(() => LocalStack.StartAsync(WithApp(broken), TestContext.Current.CancellationToken));

        Assert.Contains("no such shard: hot-7", refusal.Message);
        Assert.Contains("exit code 3", refusal.Message);
        Directory.Delete(Path.GetDirectoryName(broken)!, recursive: true);
    }

    private static async Task<Dictionary<string, string>> ConfigurationAsync(AppProcess app)
    {
        using var http = new HttpClient();
        return (await http.GetFromJsonAsync<Dictionary<string, string>>(new Uri(app.Address, "configuration"), TestContext.Current.CancellationToken))!;
    }
}
