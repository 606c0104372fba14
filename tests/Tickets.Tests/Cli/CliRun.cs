using Tickets.Cli;

namespace Tickets.Tests.Cli;

/// <summary>What came of one run of the command.</summary>
internal sealed record CliRun(int Code, string Output, string Errors)
{
    public static async Task<CliRun> Async(string[] args, string input = "", IReadOnlyDictionary<string, string>? variables = null, string home = "/nonexistent")
    {
        using var terminal = new RecordedTerminal(input);
        var shell = new Shell(terminal, name => variables?.GetValueOrDefault(name), home);
        var code = await CommandLine.RunAsync(args, shell, TestContext.Current.CancellationToken);
        return new CliRun(code, terminal.Output, terminal.Errors);
    }
}
