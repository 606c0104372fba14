namespace Tickets.Bench.Start;

/// <summary>How the stack starts its app, read off the running process, so that what is measured is configured alike.</summary>
internal sealed record AppLaunch(string Executable, IReadOnlyDictionary<string, string> Environment)
{
    public static AppLaunch Of(int pid)
    {
        var executable = new FileInfo($"/proc/{pid}/exe").ResolveLinkTarget(returnFinalTarget: true)?.FullName
            ?? throw new BenchException("The running app's executable cannot be read.");
        var environment = File.ReadAllText($"/proc/{pid}/environ").Split('\0', StringSplitOptions.RemoveEmptyEntries)
            .Select(entry => entry.Split('=', 2))
            .Where(pair => pair.Length == 2)
            .ToDictionary(pair => pair[0], pair => pair[1]);
        return new AppLaunch(executable, environment);
    }

    public AppLaunch With(string name, string value) => this with { Environment = new Dictionary<string, string>(Environment) { [name] = value } };
}
