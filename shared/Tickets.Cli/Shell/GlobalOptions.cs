using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Tickets.Cli;

/// <summary>Options that every command takes.</summary>
internal sealed class GlobalOptions
{
    public Option<string?> Environment { get; } = new("--env", "-e")
    {
        Description = $"Profile to use. [default: ${Target.EnvironmentVariable}, or local]",
        HelpName = "name",
        Recursive = true,
    };

    public Option<string?> Host { get; } = new("--host")
    {
        Description = $"Address of the service, instead of a profile's. [default: ${Target.HostVariable}]",
        HelpName = "address",
        Recursive = true,
    };

    public Option<string?> Key { get; } = new("--key")
    {
        Description = $"API key. [default: the profile's, or ${Target.KeyVariable}]",
        HelpName = "key",
        Recursive = true,
    };

    public Option<OutputForm> Output { get; } = new("--output", "-o")
    {
        Description = "How answers are written: json (indented), table, or raw (the bytes as they came). [default: json]",
        HelpName = "json|table|raw",
        Recursive = true,
        CustomParser = result => result.Tokens[0].Value switch
        {
            "json" => OutputForm.Json,
            "table" => OutputForm.Table,
            "raw" => OutputForm.Raw,
            var other => Fault<OutputForm>(result, $"--output {other}: it must be json, table or raw."),
        },
    };

    public Option<TimeSpan?> RetryFor { get; } = new("--retry-for")
    {
        Description = "How long to repeat what is safe to repeat; 0 never. [default: 10, import 120, oplog tail --follow without end]",
        HelpName = "seconds",
        Recursive = true,
        CustomParser = result => double.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0 and <= 86400
            ? TimeSpan.FromSeconds(seconds)
            : Fault<TimeSpan?>(result, $"--retry-for {result.Tokens[0].Value}: it must be a number of seconds, 0 to 86400."),
    };

    public IEnumerable<Option> All => [Environment, Host, Key, Output, RetryFor];

    private static T? Fault<T>(ArgumentResult result, string message)
    {
        result.AddError(message);
        return default;
    }
}
