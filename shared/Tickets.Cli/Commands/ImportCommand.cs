using System.CommandLine;
using System.Text.Json.Nodes;
using Tickets.Client;
using Tickets.Client.Import;

namespace Tickets.Cli;

internal sealed class ImportCommand : ApiCommand
{
    private const int FailuresShown = 10;

    private readonly Argument<string> _file = new("file") { Description = "A CSV with a header line, or NDJSON." };
    private readonly Option<string?> _mapping = new("--mapping", "-m") { Description = "JSON that says which ticket a row becomes: {\"queue\": \"q\", \"indexed_meta\": {\"cost\": {\"column\": \"Cost\", \"type\": \"int64\"}}, \"meta\": {\"report\": {\"text\": {\"column\": \"Remarks\"}}}}. Also status, group, parent_id and created_at; a value is {\"column\", \"type\", \"formats\"} or {\"value\"}; types: string, int64, number, boolean, time, json. The README has more.", HelpName = "path" };
    private readonly Option<string?> _queue = new("--queue", "-q") { Description = "Instead of a mapping: the rows are tickets as `tickets export` writes them, and become new tickets of this queue.", HelpName = "queue" };
    private readonly Option<bool> _newTimes = new("--new-times") { Description = "With --queue: the tickets are created now; keeping their times needs the import permission." };
    private readonly Option<string?> _format = new("--format") { Description = "What the file is. [default: by its ending]", HelpName = "csv|ndjson" };
    private readonly Option<string?> _delimiter = new("--delimiter") { Description = "Between the fields of a CSV. [default: a comma; a tab in .tsv]", HelpName = "text" };
    private readonly Option<int> _robots = new("--robots", "-r") { Description = "How many create tickets at once, 1 to 256.", HelpName = "number", DefaultValueFactory = _ => 8 };
    private readonly Option<string?> _state = new("--state") { Description = "Makes the import resumable: run the same command again to go on, with no duplicates.", HelpName = "path" };
    private readonly Option<string?> _errors = new("--errors") { Description = "Writes every failed row there, one JSON document per line.", HelpName = "path" };

    public ImportCommand(Shell shell, GlobalOptions global) : base(shell, global, "import", "Creates a ticket for each row of a file.")
    {
        Arguments.Add(_file);
        _format.AcceptOnlyFromAmong("csv", "ndjson");
        foreach (var option in new Option[] { _mapping, _queue, _newTimes, _format, _delimiter, _robots, _state, _errors }) Options.Add(option);
    }

    /// <summary>Long enough for the service to restart.</summary>
    protected override TimeSpan RetryFor(ParseResult parsed) => TimeSpan.FromSeconds(120);

    protected override async Task<int> RunAsync(Session session, ParseResult parsed, CancellationToken cancel)
    {
        var path = parsed.GetRequiredValue(_file);
        var crew = parsed.GetValue(_robots);
        if (crew is < 1 or > 256) throw new UsageException($"--robots {crew}: it must be 1 to 256.");
        var map = Mapping(parsed);
        using var rows = ImportFile.Open(path, Format(parsed, path), parsed.GetValue(_delimiter));
        if (rows.Columns is { } columns) map.CheckColumns(columns);
        using var failures = parsed.GetValue(_errors) is { } errorsPath ? new ImportErrorsFile(errorsPath) : null;

        Terminal.Error.WriteLine($"{path} → {map.Queue} at {session.Client.Address}, {crew} robots");
        var summary = await ImportProgressView.WatchAsync(Terminal, () => rows.Fraction, progress =>
        {
            var options = new ImportOptions { Robots = crew, StateFile = parsed.GetValue(_state), Progress = progress, Failed = failures is null ? null : failures.Write };
            return new TicketImport(session.Client, map, options).RunAsync(rows.ReadAsync(cancel), cancel);
        });
        Explain(summary, parsed.GetValue(_state));
        session.Answers.Write(Document(summary));
        return Code(summary);
    }

    private ImportMapping Mapping(ParseResult parsed) => (parsed.GetValue(_mapping), parsed.GetValue(_queue)) switch
    {
        ({ } path, null) => ReadMapping(path),
        (null, { } queue) => ImportMapping.OfTickets(queue, withTimes: !parsed.GetValue(_newTimes)),
        _ => throw new UsageException("Say either --mapping <path>, which tells what a row becomes, or --queue <queue> for a file that `tickets export` has written."),
    };

    private static ImportMapping ReadMapping(string path)
    {
        try
        {
            return ImportMapping.Parse(System.Text.Encoding.UTF8.GetBytes(InputFile.ReadText(path)));
        }
        catch (ImportMappingException e)
        {
            throw new UsageException($"The mapping {path} cannot be used:{Environment.NewLine}{e.Message}", e);
        }
    }

    private ImportFormat Format(ParseResult parsed, string path) => parsed.GetValue(_format) switch
    {
        null => ImportFile.FormatOf(path),
        "csv" => ImportFormat.Csv,
        _ => ImportFormat.Ndjson,
    };

    private void Explain(ImportSummary summary, string? stateFile)
    {
        foreach (var failure in summary.Failures.Take(FailuresShown)) Terminal.Error.WriteLine($"line {failure.Line}: {failure.Reason}");
        if (summary.Failed > FailuresShown) Terminal.Error.WriteLine($"… and {summary.Failed - FailuresShown} more; --errors <path> writes them all.");
        if (summary.StoppedBy is not { } reason) return;
        Terminal.Error.WriteLine(reason is OperationCanceledException ? "Interrupted." : $"Stopped: {reason.Message}");
        if (stateFile is not null)
            Terminal.Error.WriteLine("Run the same command again to go on where it stopped.");
        else if (summary.Created + summary.Unsettled > 0)
            Terminal.Error.WriteLine("There is no state file: a second run would create these tickets again. Next time say --state <path>.");
    }

    private static JsonObject Document(ImportSummary summary) => new()
    {
        ["rows"] = summary.Rows,
        ["created"] = summary.Created,
        ["done_before"] = summary.Skipped,
        ["failed"] = summary.Failed,
        ["unsettled"] = summary.Unsettled,
        ["complete"] = summary.StoppedBy is null,
        ["seconds"] = Math.Round(summary.Elapsed.TotalSeconds, 2),
        ["created_per_second"] = Math.Round(summary.CreatedPerSecond, 1),
        ["p50_ms"] = Math.Round(summary.P50Ms, 2),
        ["p99_ms"] = Math.Round(summary.P99Ms, 2),
    };

    private static int Code(ImportSummary summary) => summary switch
    {
        { StoppedBy: OperationCanceledException } => ExitCode.Interrupted,
        { StoppedBy: TicketsProblemException problem } => ExitCode.Of(problem.Status),
        { StoppedBy: not null } => ExitCode.Unreachable,
        { Failed: 0 } => ExitCode.Ok,
        _ when summary.Failures.All(f => f.Code == ImportFailure.InvalidRow) => ExitCode.Usage,
        _ => ExitCode.Refused,
    };
}
