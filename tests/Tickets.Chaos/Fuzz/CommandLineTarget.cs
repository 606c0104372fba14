using System.Text;
using Tickets.Cli;

namespace Tickets.Chaos.Fuzz;

/// <summary>Arguments of the console command, thrown together: an exit code that it documents and a sentence, never a stack trace.</summary>
internal sealed class CommandLineTarget : IFuzzTarget
{
    // Nobody listens there, and nothing is tried again.
    private static readonly string[] Nowhere = ["--host", "http://127.0.0.1:9", "--key", "k", "--retry-for", "0"];

    private static readonly string[] Words =
    [
        "nonce", "take", "ticket", "create", "get", "update", "find", "accept", "bulk", "oplog", "tail", "workflow", "lint", "draw", "put", "queue", "list", "key", "audit", "operation", "cold", "scan",
        "webhook", "orchestration", "notification", "upkeep", "import", "export", "health", "doctor", "metrics", "completion", "bash", "--queue", "-q", "--field", "--meta", "--set", "--unset", "--expect", "-f", "-", "-n",
        "--count", "--status", "--limit", "--cursor", "--output", "table", "raw", "json", "--help", "--version", "--host", "--key", "--retry-for", "0", "1", "17", "a=b", "a:=1", "a:={", "a=@nofile", "--", "-e", "local", "@",
    ];

    public string Name => "command line";

    public async Task<string?> TryAsync(Random random)
    {
        var words = Enumerable.Range(0, random.Next(0, 8)).Select(_ => random.Next(6) == 0 ? OddValues.Text(random) : Words[random.Next(Words.Length)])
            .Select(word => word.Replace("\0", "", StringComparison.Ordinal)).ToList();
        string[] args = [.. words, .. Nowhere];
        using var terminal = new QuietTerminal();
        // What waits (a tail that follows) is interrupted, as Ctrl-C would.
        using var interrupted = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            var code = await CommandLine.RunAsync(args, new Shell(terminal, _ => null, "/nonexistent"), interrupted.Token);
            if (code is not (>= 0 and <= 10 or 130))
                return $"exit code {code} for {string.Join(' ', args)}";
            return terminal.Errors.Contains("   at ", StringComparison.Ordinal) ? $"a stack trace for {string.Join(' ', args)}: {terminal.Errors}" : null;
        }
        catch (Exception e)
        {
            return $"{e.GetType().Name} ({e.Message}) for {string.Join(' ', args)}";
        }
    }

    private sealed class QuietTerminal : ITerminal, IDisposable
    {
        private readonly MemoryStream _bytes = new();
        private readonly StringWriter _errors = new();

        public QuietTerminal()
        {
            Out = new StreamWriter(_bytes, new UTF8Encoding(false)) { AutoFlush = true };
            Error = TextWriter.Synchronized(_errors);
        }

        public TextReader In { get; } = new StringReader("");
        public TextWriter Out { get; }
        public Stream OutBytes => _bytes;
        public TextWriter Error { get; }
        public bool IsInteractive => false;
        public int Width => 120;
        public string Errors => _errors.ToString();

        public void Dispose()
        {
            In.Dispose();
            Out.Dispose();
            Error.Dispose();
            _bytes.Dispose();
            _errors.Dispose();
        }
    }
}
