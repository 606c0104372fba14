using Tickets.Cli;
using Tickets.Client.Import;

namespace Tickets.Tests.Client.Import;

public sealed class ImportFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_csv_row_is_known_by_the_line_it_begins_on()
    {
        var rows = await ReadAsync("a.csv", "name,note\n\nann,\"two\nlines, and a \"\"quote\"\"\"\nbob,x\n");

        Assert.Equal([3L, 5L], rows.Select(r => r.Line));
        Assert.Equal("two\nlines, and a \"quote\"", (string?)rows[0].Values!["note"]);
        Assert.Equal("bob", (string?)rows[1].Values!["name"]);
    }

    [Fact]
    public async Task A_csv_row_that_cannot_be_read_comes_with_its_fault_and_the_next_ones_follow()
    {
        var rows = await ReadAsync("a.csv", "name,note\nann\nbob,5\" nail\ncat,ok\n");

        Assert.Equal("The row has 1 fields, the header 2.", rows[0].Fault);
        Assert.Contains("quote inside an unquoted field", rows[1].Fault, StringComparison.Ordinal);
        Assert.Equal((4L, null), (rows[2].Line, rows[2].Fault));
    }

    [Fact]
    public async Task An_ndjson_line_that_cannot_be_read_comes_with_its_fault_and_the_next_ones_follow()
    {
        var rows = await ReadAsync("a.ndjson", "{\"a\":1}\n\n[1]\n{\"a\":\n{\"a\":1,\"a\":2}\n{\"a\":2}\n");

        Assert.Equal([1L, 3L, 4L, 5L, 6L], rows.Select(r => r.Line));
        Assert.Equal([true, false, false, false, true], rows.Select(r => r.Values is not null));
    }

    [Fact]
    public void A_header_with_a_column_twice_is_refused()
    {
        var e = Assert.Throws<ImportFileException>(() => ImportFile.Open(_folder.Write("a.csv", "a,b,a\n1,2,3\n")));

        Assert.Contains("the column 'a' 2 times", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_an_unknown_kind_says_which_are_known()
    {
        var e = Assert.Throws<ImportFileException>(() => ImportFile.Open(_folder.Write("a.xlsx", "")));

        Assert.Contains(".csv, .tsv, .ndjson or .jsonl", e.Message, StringComparison.Ordinal);
    }

    private async Task<List<ImportRow>> ReadAsync(string name, string text)
    {
        using var file = ImportFile.Open(_folder.Write(name, text));
        return await file.ReadAsync(TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);
    }
}
