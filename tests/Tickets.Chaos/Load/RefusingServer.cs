using System.Reflection;
using Tickets.Bench.Load;
using Tickets.Bench.Start;
using Tickets.Local;

namespace Tickets.Chaos.Load;

/// <summary>An empty ASP.NET Core app that refuses everything with 429: what this machine can do with a flood at best, with the generator beside it.</summary>
internal static class RefusingServer
{
    /// <param name="app">A running process of the app, whose environment the server gets.</param>
    public static async Task<LoadResult> FloodAsync(int app, IRequests load, LoadPlan plan)
    {
        var port = ColdProcess.FreePort();
        var address = new Uri($"http://127.0.0.1:{port}");
        var launch = (AppLaunch.Of(app) with { Executable = Executable }).With("ASPNETCORE_URLS", address.ToString()).With("Refuse", "all").With("Logging__LogLevel__Default", "None");
        await using var server = ColdProcess.Start(launch.Executable, launch.Environment, port);
        await server.FirstSuccessAsync("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"u8.ToArray());
        return await LoadRun.RunAsync(plan with { Apps = [address] }, load);
    }

    private static string Executable => Repository.PathTo(
        "tests", "Tickets.Bench", "Start", "EmptyApp", "bin", typeof(RefusingServer).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()?.Configuration ?? "Debug", "net10.0", "Tickets.EmptyApp");
}
