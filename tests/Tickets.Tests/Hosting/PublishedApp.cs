using System.Diagnostics;
using System.Reflection;
using Tickets.Local;

[assembly: AssemblyFixture(typeof(Tickets.Tests.Hosting.PublishedApp))]

namespace Tickets.Tests.Hosting;

/// <summary>The function app as <c>dotnet publish</c> makes it, published once for all tests, when the first one asks.</summary>
public sealed class PublishedApp : IAsyncLifetime
{
    // Before anything of this assembly is started, and after all of it has ended.
    private readonly OneSuiteAtATime _turn = new();

    private readonly Lazy<Task<string>> _scriptRoot = new(Publish);

    private readonly Lazy<Task<LocalStack>> _stack = new(() => LocalStack.StartAsync(LocalStackOptions.ForTests()));

    public ValueTask InitializeAsync() => _turn.InitializeAsync();

    /// <summary>The folder to point a Functions host at.</summary>
    public Task<string> ScriptRoot() => _scriptRoot.Value;

    /// <summary>App settings that name real databases and storage, started when the first test asks.</summary>
    public async Task<Dictionary<string, string>> Settings()
    {
        var stack = await _stack.Value;
        var settings = stack.Shards.ToDictionary(shard => $"Shards__{shard.Key.Replace('-', '_')}", shard => shard.Value, StringComparer.Ordinal);
        settings["Settings__Database"] = stack.SettingsDatabase;
        settings["Storage__ConnectionString"] = stack.StorageConnectionString;
        return settings;
    }

    /// <summary>An administrator's API key for the databases of <see cref="Settings"/>.</summary>
    public async Task<string> Key()
    {
        var stack = await _stack.Value;
        return await DevelopmentKey.EnsureAsync(Path.Combine(stack.LogDirectory, "development.key"), stack.SettingsDatabase, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        if (_stack.IsValueCreated)
            await (await _stack.Value).DisposeAsync();
        if (_scriptRoot.IsValueCreated)
            Directory.Delete(await _scriptRoot.Value, recursive: true);
        await _turn.DisposeAsync();
    }

    private static async Task<string> Publish()
    {
        var root = Directory.CreateTempSubdirectory("tickets-published-").FullName;
        var configuration = typeof(PublishedApp).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

        // The form that the README gives.
        var start = new ProcessStartInfo("dotnet", ["publish", Project(), "-c", configuration, "-o", root, "-v", "q", "-nologo"]) { RedirectStandardOutput = true };
        using var publish = Process.Start(start)!;
        var output = await publish.StandardOutput.ReadToEndAsync();
        await publish.WaitForExitAsync();
        return publish.ExitCode == 0 ? root : throw new InvalidOperationException($"Publishing failed: {output}");
    }

    private static string Project()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            var project = Path.Combine(directory.FullName, "functions", "Tickets.Functions.csproj");
            if (File.Exists(project))
                return project;
        }

        throw new InvalidOperationException("The tests do not run below the repository.");
    }
}
