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

    [Theory]
    [InlineData("a.csv", "name\nann\nJos", 3)]
    [InlineData("a.ndjson", "{\"name\": \"Jos", 1)]
    public void A_file_that_is_not_UTF_8_is_refused_by_the_line_before_a_row_is_read(string name, string before, int line)
    {
        var path = _folder.At(name);
        File.WriteAllBytes(path, [.. System.Text.Encoding.UTF8.GetBytes(before), 0xe9, .. "\n"u8]);

        var e = Assert.Throws<ImportFileException>(() => ImportFile.Open(path));

        Assert.Contains($"line {line}: this is not UTF-8 (byte 0xe9)", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Long_text_with_characters_of_every_length_is_read_to_its_last_byte_and_refused_when_that_is_wrong()
    {
        // Characters of 2, 3 and 4 bytes stand across the borders of whatever is read at once.
        var text = "name\n" + string.Concat(Enumerable.Repeat("xé€😀é€😀\n", 20_000));

        Assert.Equal(20_000, (await ReadAsync("a.csv", text)).Count);
        File.WriteAllBytes(_folder.At("b.csv"), [.. System.Text.Encoding.UTF8.GetBytes(text), 0xf0, 0x9f]);
        Assert.Contains("line 20002", Assert.Throws<ImportFileException>(() => ImportFile.Open(_folder.At("b.csv"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_byte_order_mark_is_no_part_of_the_first_column()
    {
        var row = Assert.Single(await ReadAsync("a.csv", "\ufeffname\nann\n"));

        Assert.Equal("ann", (string?)row.Values!["name"]);
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
