using Tickets.Core.Platform.Tables;

namespace Tickets.Tests.Platform;

/// <summary>The emulator accepts what these refuse.</summary>
public class TableLimitsTests
{
    [Theory]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("a#b")]
    [InlineData("a?b")]
    [InlineData("a\u0001b")]
    [InlineData("a\u0085b")]
    public void A_key_with_a_forbidden_character_is_refused(string key)
    {
        Assert.Throws<ArgumentException>(() => TableLimits.CheckEntity(new TableEntity(key, "r")));
        Assert.Throws<ArgumentException>(() => TableLimits.CheckEntity(new TableEntity("p", key)));
    }

    [Fact]
    public void Keys_properties_and_rows_have_their_sizes()
    {
        TableLimits.CheckEntity(new TableEntity(new string('k', 512), "r") { ["A"] = new string('x', 30_000) });
        Assert.Throws<ArgumentException>(() => TableLimits.CheckEntity(new TableEntity(new string('k', 513), "r")));
        Assert.Throws<ArgumentException>(() => TableLimits.CheckEntity(new TableEntity("p", "r") { ["A"] = new string('x', 31_000) }));
        Assert.Throws<ArgumentException>(() => TableLimits.CheckEntity(new TableEntity("p", "r") { ["A-B"] = 1 }));
        Assert.Throws<ArgumentException>(() => TableLimits.CheckEntity(new TableEntity("p", "r") { [new string('n', 256)] = 1 }));

        TableLimits.CheckEntity(Wide(252, i => i));
        Assert.Throws<ArgumentException>(() => TableLimits.CheckEntity(Wide(253, i => i)));
        TableLimits.CheckEntity(Wide(17, _ => new string('x', 30_000)));
        Assert.Throws<ArgumentException>(() => TableLimits.CheckEntity(Wide(18, _ => new string('x', 30_000))));
    }

    [Fact]
    public void A_transaction_has_one_partition_each_row_once_and_at_most_100_actions()
    {
        TableLimits.CheckTransaction(Actions(100, _ => "p"));
        Assert.Throws<ArgumentException>(() => TableLimits.CheckTransaction([]));
        Assert.Throws<ArgumentException>(() => TableLimits.CheckTransaction(Actions(101, _ => "p")));
        Assert.Throws<ArgumentException>(() => TableLimits.CheckTransaction(Actions(2, i => $"p{i}")));
        Assert.Throws<ArgumentException>(() => TableLimits.CheckTransaction([Add("p", "r"), Add("p", "r")]));
        var large = Enumerable.Range(0, 5).Select(i => new TableTransactionAction(TableTransactionActionType.Add, Wide(16, _ => new string('ü', 30_000), $"r{i}"))).ToList();
        Assert.Throws<ArgumentException>(() => TableBatch.Write(large, _ => "http://x"));
    }

    [Theory]
    [InlineData("ab")]
    [InlineData("1ab")]
    [InlineData("a-b-c")]
    public void A_bad_table_name_is_refused(string name) => Assert.Throws<ArgumentException>(() => TableLimits.CheckTableName(name));

    [Fact]
    public void A_filter_quotes_what_it_compares_with() =>
        Assert.Equal(
            "A eq 'it''s' and B gt 5L and C eq 7 and D eq true and E lt datetime'2025-03-14T00:00:00.0000000Z'",
            TableClient.CreateQueryFilter($"A eq {"it's"} and B gt {5L} and C eq {7} and D eq {true} and E lt {new DateTimeOffset(2025, 3, 14, 0, 0, 0, TimeSpan.Zero)}"));

    private static TableEntity Wide(int properties, Func<int, object> value, string row = "r")
    {
        var entity = new TableEntity("p", row);
        for (var i = 0; i < properties; i++)
            entity[$"P{i}"] = value(i);
        return entity;
    }

    private static TableTransactionAction Add(string partition, string row) => new(TableTransactionActionType.Add, new TableEntity(partition, row));
    private static List<TableTransactionAction> Actions(int count, Func<int, string> partition) => Enumerable.Range(0, count).Select(i => Add(partition(i), $"{i}")).ToList();
}
