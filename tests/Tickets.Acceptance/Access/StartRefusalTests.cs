using System.Diagnostics;
using Tickets.Local;

namespace Tickets.Acceptance.Access;

public class StartRefusalTests(RunningApp app)
{
    [Fact]
    public async Task A_server_that_nobody_could_enter_does_not_start_until_a_key_is_made()
    {
        await using var databases = await SideApp.StartAsync(app, withApp: false);

        var (refused, why) = await RunAsync(databases);
        Assert.Equal(1, refused);
        Assert.Contains("make-key", why, StringComparison.Ordinal);

        var (made, key) = await RunAsync(databases, "make-key", "operator", "hiring", "sales/www");
        Assert.Equal(0, made);
        var started = await databases.Stack.StartAppAsync();
        var me = (await new Api(started.Address, key.Trim()).GetAsync("/caller")).Ok();
        Assert.Equal("operator", me.Text("role"));
        Assert.Equal(["hiring", "sales/www"], me.Texts("queue_prefixes"));
        Assert.Equal(2, (await RunAsync(databases, "make-key", "king")).ExitCode);
    }

    [Fact]
    public async Task An_issuer_without_an_audience_or_a_trusted_header_that_anybody_could_send_stops_the_start()
    {
        await using var databases = await SideApp.StartAsync(app, withApp: false);
        foreach (var (name, value, told) in new[]
        {
            ("Access__Issuer", "https://login.example/v2.0", "Access:Audience"), ("Access__Issuer", "http://login.example", "https"), ("Access__EasyAuth", "true", "WEBSITE_AUTH_ENABLED"),
            ("Access__RequestsPerMinute", "-1", "Access:RequestsPerMinute"),
        })
        {
            var (code, why) = await ProgramAsync(databases, [], (name, value));
            Assert.Equal(1, code);
            Assert.Contains(told, why, StringComparison.Ordinal);
        }
    }

    private static Task<(int ExitCode, string Output)> RunAsync(SideApp databases, params string[] arguments) => ProgramAsync(databases, arguments, ("Access__None", ""));

    /// <summary>Runs the app's program outside development until it ends.</summary>
    private static async Task<(int ExitCode, string Output)> ProgramAsync(SideApp databases, string[] arguments, (string Name, string Value) setting)
    {
        var start = new ProcessStartInfo(AppProcess.BuiltExecutable(), arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["Settings__Database"] = databases.Stack.SettingsDatabase;
        foreach (var (shard, connection) in databases.Stack.Shards)
            start.Environment[$"Shards__{shard.Replace('-', '_')}"] = connection;
        start.Environment["Storage__ConnectionString"] = databases.Stack.StorageConnectionString;
        start.Environment["Hosting__Url"] = "http://127.0.0.1:0";
        start.Environment[setting.Name] = setting.Value;
        if (AppProcess.RuntimeRoot() is { } root)
            start.Environment["DOTNET_ROOT"] = root;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, $"{output}{await errors}");
    }
}
