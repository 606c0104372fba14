using Tickets.Client.Import;

namespace Tickets.Cli;

/// <summary>A file of rows to import.</summary>
public abstract class ImportFile : IDisposable
{
    private readonly FileStream _file;

    private protected ImportFile(FileStream file) => _file = file;

    /// <summary>The columns that every row has; null when rows may differ.</summary>
    public abstract IReadOnlyList<string>? Columns { get; }

    /// <summary>How much has been read, 0 to 1.</summary>
    public double Fraction => _file.Length == 0 ? 1 : (double)_file.Position / _file.Length;

    /// <summary>Opens a CSV (with a header line) or an NDJSON file, by its ending: <c>.csv</c>, <c>.tsv</c>, <c>.ndjson</c>, <c>.jsonl</c>.</summary>
    /// <exception cref="ImportFileException">It cannot be read, is not UTF-8, its format is not known, or its header is faulty.</exception>
    public static ImportFile Open(string path) => Open(path, FormatOf(path));

    internal static ImportFile Open(string path, ImportFormat format, string? delimiter = null)
    {
        FileStream opened;
        try
        {
            opened = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1, useAsync: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ImportFileException($"{path} cannot be read: {e.Message}", e);
        }
        try
        {
            Utf8Check.Read(opened, path);
        }
        catch
        {
            opened.Dispose();
            throw;
        }
        return format == ImportFormat.Ndjson ? new NdjsonFile(opened) : CsvFile.Open(opened, path, delimiter ?? (IsTabbed(path) ? "\t" : ","));
    }

    internal static ImportFormat FormatOf(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".csv" or ".tsv" => ImportFormat.Csv,
        ".ndjson" or ".jsonl" => ImportFormat.Ndjson,
        var other => throw new ImportFileException($"What is in {path}? '{other}' does not say: name it .csv, .tsv, .ndjson or .jsonl, or say --format."),
    };

    /// <summary>All rows, once. A row that cannot be read comes with its fault; the next ones follow.</summary>
    public abstract IAsyncEnumerable<ImportRow> ReadAsync(CancellationToken cancel = default);

    public virtual void Dispose()
    {
        _file.Dispose();
        GC.SuppressFinalize(this);
    }

    private static bool IsTabbed(string path) => path.EndsWith(".tsv", StringComparison.OrdinalIgnoreCase);
}

internal enum ImportFormat
{
    Csv,
    Ndjson,
}

/// <summary>A file that cannot be imported.</summary>
public sealed class ImportFileException(string message, Exception? inner = null) : Exception(message, inner);
