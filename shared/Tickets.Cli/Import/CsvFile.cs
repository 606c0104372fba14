using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using CsvHelper;
using CsvHelper.Configuration;
using Tickets.Client.Import;

namespace Tickets.Cli;

/// <summary>RFC 4180, UTF-8, with a header line; blank lines are skipped.</summary>
internal sealed class CsvFile : ImportFile
{
    private readonly CsvParser _parser;
    private readonly string[] _columns;
    private bool _isBad;

    private CsvFile(FileStream file, string path, string delimiter) : base(file)
    {
        _parser = new CsvParser(new StreamReader(file), new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            Delimiter = delimiter,
            BadDataFound = _ => _isBad = true,
        });
        _columns = Header(path);
    }

    public override IReadOnlyList<string> Columns => _columns;

    public static CsvFile Open(FileStream file, string path, string delimiter)
    {
        try
        {
            return new CsvFile(file, path, delimiter);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public override async IAsyncEnumerable<ImportRow> ReadAsync([EnumeratorCancellation] CancellationToken cancel = default)
    {
        while (await _parser.ReadAsync())
        {
            cancel.ThrowIfCancellationRequested();
            yield return Row();
        }
    }

    public override void Dispose()
    {
        _parser.Dispose();
        base.Dispose();
    }

    private string[] Header(string path)
    {
        if (!_parser.Read()) throw new ImportFileException($"{path} is empty; its first line must name the columns.");
        var names = _parser.Record!;
        var twice = names.GroupBy(n => n).FirstOrDefault(g => g.Count() > 1);
        return twice is null ? names : throw new ImportFileException($"{path} has the column '{twice.Key}' {twice.Count()} times; a mapping could not tell them apart.");
    }

    private ImportRow Row()
    {
        _isBad = false;
        var fields = _parser.Record!;
        var line = _parser.RawRow - LineBreaksInside();
        if (_isBad) return new ImportRow(line, null, "There is a quote inside an unquoted field; quote the field and double the quotes in it.");
        if (fields.Length != _columns.Length) return new ImportRow(line, null, $"The row has {fields.Length} fields, the header {_columns.Length}.");
        var values = new JsonObject();
        for (var i = 0; i < fields.Length; i++) values[_columns[i]] = fields[i];
        return new ImportRow(line, values);
    }

    /// <summary>The parser stands on the last line of a row whose quoted fields have line breaks; reports name the first.</summary>
    private int LineBreaksInside() => _parser.RawRecord.AsSpan().TrimEnd("\r\n").Count('\n');
}
