using System.Text;

namespace Tickets.Tests.Cli;

public class HelpTests
{
    private static readonly string[][] Commands =
    [
        [],
        ["nonce", "take"],
        ["ticket"], ["ticket", "create"], ["ticket", "get"], ["ticket", "update"], ["ticket", "find"], ["ticket", "accept"], ["ticket", "bulk"], ["ticket", "restore"], ["ticket", "erase"],
        ["oplog"], ["oplog", "list"], ["oplog", "get"], ["oplog", "skip"], ["oplog", "tail"],
        ["workflow"], ["workflow", "list"], ["workflow", "get"], ["workflow", "put"], ["workflow", "lint"], ["workflow", "draw"],
        ["queue"], ["queue", "list"], ["queue", "get"], ["queue", "put"], ["queue", "move"], ["queue", "index-usage"],
        ["key"], ["key", "list"], ["key", "get"], ["key", "create"], ["key", "rotate"], ["key", "revoke"], ["key", "whoami"], ["audit"], ["audit", "list"],
        ["operation"], ["operation", "list"], ["operation", "get"], ["operation", "wait"], ["operation", "cancel"], ["operation", "result"],
        ["cold"], ["cold", "scan"], ["cold", "rebuild-index"],
        ["webhook"], ["webhook", "list"], ["webhook", "create"], ["webhook", "get"], ["webhook", "pause"], ["webhook", "resume"], ["webhook", "replay"], ["webhook", "dead"], ["webhook", "remove"],
        ["orchestration"], ["orchestration", "list"], ["orchestration", "get"], ["orchestration", "health"], ["orchestration", "terminate"], ["orchestration", "resume"], ["orchestration", "rewind"],
        ["notification"], ["notification", "list"], ["upkeep"], ["upkeep", "archive"], ["upkeep", "sweep"],
        ["import"], ["export"], ["health"], ["doctor"], ["metrics"], ["overview"], ["completion"],
    ];

    /// <summary>A change of the help is a change of the interface: look at the difference, then copy help.actual.txt over help.golden.txt.</summary>
    [Fact]
    public async Task The_help_of_every_command_is_the_golden_one()
    {
        var actual = new StringBuilder();
        foreach (var command in Commands)
        {
            var run = await CliRun.Async([.. command, "--help"]);
            Assert.Equal((0, ""), (run.Code, run.Errors));
            // The name of the running program stands in the usage line; under a test runner it is the runner's.
            var text = run.Output.Replace(System.CommandLine.RootCommand.ExecutableName, "tickets", StringComparison.Ordinal);
            actual.Append("$ tickets ").AppendJoin(' ', [.. command, "--help"]).Append('\n');
            foreach (var line in text.Split('\n')) actual.Append(line.TrimEnd()).Append('\n');
        }

        var folder = Path.Combine(AppContext.BaseDirectory, "Cli");
        await File.WriteAllTextAsync(Path.Combine(folder, "help.actual.txt"), actual.ToString(), TestContext.Current.CancellationToken);
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(folder, "help.golden.txt"), TestContext.Current.CancellationToken), actual.ToString());
    }
}
