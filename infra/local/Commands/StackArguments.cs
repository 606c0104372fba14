using System.CommandLine;

namespace Tickets.Local.Commands;

/// <summary>The stack that the command line and the environment describe.</summary>
internal static class StackArguments
{
    public static LocalStackOptions Read(ParseResult arguments, Option<string?> data, Option<string?> app)
    {
        var options = LocalStackOptions.FromEnvironment();
        if (arguments.GetValue(data) is { } folder) options = options with { DataDirectory = Path.GetFullPath(folder) };
        if (arguments.GetValue(app) is { } executable) options = options with { AppExecutable = Path.GetFullPath(executable) };
        return options;
    }
}
