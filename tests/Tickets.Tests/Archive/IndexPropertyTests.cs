using FsCheck;
using FsCheck.Fluent;
using Tickets.Core.Archive.Format;
using Tickets.Core.Archive.Index;

namespace Tickets.Tests.Archive;

public class IndexPropertyTests
{
    [Fact]
    public void A_block_index_decodes_to_the_blocks_it_was_made_of_and_finds_each() =>
        Prop.ForAll(Blocks(), blocks =>
        {
            var builder = new BlockIndexBuilder();
            foreach (var block in blocks)
                builder.Add(block.FirstId, block.LastId, block.Length);
            var index = BlockIndex.Decode(builder.Encode(blocks.Length, 77));
            return index.All().SequenceEqual(blocks)
                && index.Tickets == blocks.Length && index.RawBytes == 77
                && blocks.All(b => index.Find(b.FirstId) == b && index.Find(b.LastId) == b)
                && blocks.Zip(blocks.Skip(1)).All(p => p.First.LastId + 1 == p.Second.FirstId || index.Find(p.First.LastId + 1) is null);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Bytes_that_are_no_index_are_refused_and_nothing_else_happens() =>
        Prop.ForAll<byte[]>(bytes =>
        {
            try
            {
                BlockIndex.Decode(bytes ?? []);
                return false;
            }
            catch (InvalidDataException)
            {
                return true;
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_varint_reads_back_and_a_shortened_one_is_refused() =>
        Prop.ForAll(ArbMap.Default.ArbFor<ulong>(), value =>
        {
            Span<byte> bytes = stackalloc byte[Varint.MaxBytes];
            ReadOnlySpan<byte> written = bytes[..Varint.Write(bytes, value)];
            var cut = written[..^1];
            return Varint.TryRead(ref written, out var read) && read == value && written.IsEmpty && !Varint.TryRead(ref cut, out _);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void An_id_set_holds_its_ids_and_no_other() =>
        Prop.ForAll(Ids().ToArbitrary(), ids =>
        {
            var builder = new IdSetBuilder();
            foreach (var id in ids)
                builder.Add(id);
            return builder.Encode() is not { } set
                || Enumerable.Range(0, 3_000).Select(i => ids[0] - 5 + i).All(id => IdSet.Contains(set, ids[0], id) == ids.Contains(id));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_queue_name_comes_back_from_its_key_and_the_key_suits_a_table() =>
        Prop.ForAll(QueueNames().ToArbitrary(), name =>
        {
            var key = QueueKey.Escape(name);
            return QueueKey.Unescape(key) == name && key.All(c => char.IsAsciiLetterOrDigit(c) || "-_.~!".Contains(c));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Keys_read_as_written_here()
    {
        Assert.Equal("hiring~www~leads", QueueKey.Escape("hiring/www/leads"));
        Assert.Equal("a!7Eb!23!3F!20!C3!A9", QueueKey.Escape("a~b#? é"));
        Assert.Throws<FormatException>(() => QueueKey.Unescape("a!zz"));
        Assert.Throws<FormatException>(() => QueueKey.Unescape("a!41"));
        Assert.Throws<ArgumentException>(() => QueueKey.Escape(new string('/', 513)));
    }

    [Fact]
    public void Candidates_are_all_parts_whose_range_covers_the_id_and_no_other() =>
        Prop.ForAll(Days().ToArbitrary(), Gen.Choose(0, 120).ToArbitrary(), (days, id) =>
        {
            var parts = QueueParts.None.With(1, days);
            var expected = days.SelectMany(d => d.Parts.Where(p => p.MinId <= id && p.MaxId >= id).Select(p => (d.Day, p.Part))).Order();
            var found = parts.Candidates(id).Select(c => (c.Day, PartName.Format(c.Id))).ToList();
            return expected.SequenceEqual(found.Order());
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Within_a_day_the_newest_part_comes_first()
    {
        var day = new DateOnly(2025, 3, 14);
        var parts = QueueParts.None.With(1, [ColdDay.Empty(day).With(Part(1, 5, 9)).With(Part(2, 1, 20)).With(Part(3, 4, 8))]);
        Assert.Equal([3UL, 2UL, 1UL], parts.Candidates(6).Select(c => c.Id));
        Assert.Equal([2UL], parts.Candidates(20).Select(c => c.Id));
    }

    [Fact]
    public void A_day_of_many_parts_is_spread_over_properties_and_reads_back_until_the_row_is_full()
    {
        var day = ColdDay.Empty(new DateOnly(2025, 3, 14));
        var builder = new IdSetBuilder();
        for (var i = 0; i < 60; i++)
            builder.Add(i * 1_000);
        while (day.With(Part(day.Parts.Count + 1, 0, 59_000) with { Ids = builder.Encode() }) is var next && next.Fits)
            day = next;

        Assert.InRange(day.Parts.Count, 500, 3_000);
        var read = ColdDay.From(day.ToEntity("q", 7));
        Assert.Equal(day.Parts.Select(p => p.Part), read.Parts.Select(p => p.Part));
        Assert.Equal(day.Parts[^1].Ids, read.Parts[^1].Ids);
        Tickets.Core.Platform.Tables.TableLimits.CheckEntity(day.ToEntity("q", 7));
    }

    private static DayPart Part(int id, long min, long max) =>
        new(PartName.Format((ulong)id), min, max, Math.Min(2, max - min + 1), 1_000, 5_000, new string('a', 64), 900, 100, null);

    private static Gen<ColdDay[]> Days() =>
        from count in Gen.Choose(1, 40)
        from ranges in Gen.Choose(0, 100).Two().ListOf(count)
        select ranges.Select((r, i) => (Day: new DateOnly(2025, 1, 1).AddDays(i / 2), Part: Part(i + 1, Math.Min(r.Item1, r.Item2), Math.Max(r.Item1, r.Item2))))
            .GroupBy(p => p.Day)
            .Select(g => g.Aggregate(ColdDay.Empty(g.Key), (d, p) => d.With(p.Part)))
            .ToArray();

    private static Gen<string> QueueNames() =>
        from count in Gen.Choose(1, 40)
        from chars in Gen.Elements("abcXYZ019-_./~!#?% \\'üé😀\u0001".EnumerateRunes().ToArray()).ListOf(count)
        select string.Concat(chars);

    private static Gen<long[]> Ids() =>
        from count in Gen.Choose(1, 250)
        from gaps in Gen.Choose(1, 12).ListOf(count)
        select gaps.Aggregate(new List<long> { 100 }, (ids, gap) => [.. ids, ids[^1] + gap]).ToArray();

    private static Arbitrary<BlockEntry[]> Blocks() =>
        (from count in Gen.Choose(1, 300)
         from first in Gen.Choose(0, int.MaxValue)
         from sizes in (from gap in Gen.Frequency((5, Gen.Choose(0, 3)), (1, Gen.Choose(0, int.MaxValue)))
                        from span in Gen.Choose(0, 5_000)
                        from length in Gen.Choose(1, 70_000)
                        select (gap, span, length)).ListOf(count)
         select Chain(first, sizes)).ToArbitrary();

    private static BlockEntry[] Chain(long first, IEnumerable<(int Gap, int Span, int Length)> sizes)
    {
        var (id, offset) = (first, 0L);
        return sizes.Select(s =>
        {
            var entry = new BlockEntry(id + s.Gap, id + s.Gap + s.Span, offset, s.Length);
            (id, offset) = (entry.LastId + 1, offset + s.Length);
            return entry;
        }).ToArray();
    }
}
