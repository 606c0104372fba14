using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Tickets.Core.Archive.Format;

namespace Tickets.Tests.Archive;

public class PartFormatTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_part_reads_back_as_it_was_written()
    {
        var documents = SampleParts.Documents(3_000);
        var (part, summary) = await SampleParts.WriteAsync(documents);

        using var reader = new PartReader(new MemoryStream(part), "p");
        var read = new List<(long Id, string Json)>();
        await foreach (var (id, json) in reader.DocumentsAsync(Cancel))
            read.Add((id, Encoding.UTF8.GetString(json.Span)));

        Assert.Equal(documents.Select(d => (d.Id, Encoding.UTF8.GetString(d.Json))), read);
        Assert.Equal(SHA256.HashData(part), summary.Sha256);
        Assert.Equal(part.Length, summary.Bytes);
        Assert.Equivalent(summary, reader.Summary, strict: true);
    }

    [Fact]
    public async Task Every_document_is_found_through_the_index_in_one_block()
    {
        var documents = SampleParts.Documents(5_000);
        var (part, summary) = await SampleParts.WriteAsync(documents);
        var (indexOffset, indexLength) = PartTail.ReadEnd(part.AsSpan(part.Length - PartTail.EndBytes));
        Assert.Equal((summary.IndexOffset, summary.IndexLength), (indexOffset, indexLength));
        var index = PartTail.ReadIndex(part.AsSpan((int)indexOffset, indexLength));

        foreach (var (id, json) in documents)
        {
            var entry = index.Find(id)!.Value;
            Assert.InRange(entry.Length, 1, BgzfMember.MaxStored);
            using var block = Block.Decode(part, (int)entry.Offset, entry.Length, "p", entry.Offset);
            Assert.Equal(json, block.Find(id)!.Value.ToArray());
            Assert.Null(block.Find(documents[^1].Id + 1));
        }

        Assert.Null(index.Find(documents[0].Id - 1));
        Assert.Null(index.Find(documents[^1].Id + 1));
    }

    [Theory]
    [InlineData(BgzfMember.MaxRaw - 1)]
    [InlineData(BgzfMember.MaxRaw)]
    [InlineData(BgzfMember.MaxRaw + 1)]
    [InlineData((3 * BgzfMember.MaxRaw) - 1)]
    [InlineData(3 * BgzfMember.MaxRaw)]
    [InlineData(1_000_000)]
    public async Task A_document_around_and_over_the_block_limit_is_kept_whole(int length)
    {
        const int Frame = 60;
        var large = SampleParts.Document(5, new string('x', length - Frame));
        large = [.. large, .. new string(' ', length - large.Length).Select(c => (byte)c)];
        Assert.Equal(length, large.Length);
        var documents = new[] { (1L, SampleParts.Document(1, "before")), (5L, large), (9L, SampleParts.Document(9, "after")) };
        var (part, _) = await SampleParts.WriteAsync(documents);

        using var reader = new PartReader(new MemoryStream(part), "p");
        Assert.Equal(3, (await reader.CheckAsync(Cancel)).Tickets);
        var (offset, indexLength) = PartTail.ReadEnd(part.AsSpan(part.Length - PartTail.EndBytes));
        var entry = PartTail.ReadIndex(part.AsSpan((int)offset, indexLength)).Find(5)!.Value;
        using var block = Block.Decode(part, (int)entry.Offset, entry.Length, "p", entry.Offset);
        Assert.Equal(large, block.Find(5)!.Value.ToArray());
    }

    [Fact]
    public async Task Incompressible_documents_stay_within_the_member_size()
    {
        var random = new Random(7);
        var documents = Enumerable.Range(1, 40).Select(i =>
        {
            var noise = new byte[30_000];
            random.NextBytes(noise);
            // No newline and no quote: bytes that deflate cannot shorten.
            var text = noise.Select(b => (byte)(b is (byte)'\n' or (byte)'"' ? 1 : b)).ToArray();
            return ((long)i, (byte[])[.. Encoding.UTF8.GetBytes($"{{\"ticket_id\":\"{i}\",\"t\":\""), .. text, .. "\"}"u8]);
        }).ToList();
        var (part, _) = await SampleParts.WriteAsync(documents);
        using var reader = new PartReader(new MemoryStream(part), "p");
        Assert.Equal(40, (await reader.CheckAsync(Cancel)).Tickets);
    }

    [Fact]
    public async Task Plain_gzip_readers_see_only_the_lines()
    {
        var documents = SampleParts.Documents(4_000);
        var large = SampleParts.Document(documents[^1].Id + 1, new string('y', 200_000));
        var (part, _) = await SampleParts.WriteAsync([.. documents, (documents[^1].Id + 1, large)]);
        var expected = Convert.ToHexStringLower(SHA256.HashData(documents.Select(d => d.Json).Append(large).SelectMany(d => d.Append((byte)'\n')).ToArray()));
        var file = Path.Combine(Directory.CreateTempSubdirectory("tickets-part-").FullName, "part.jsonl.gz");
        await File.WriteAllBytesAsync(file, part, Cancel);
        try
        {
            await using (var gzip = new GZipStream(File.OpenRead(file), CompressionMode.Decompress))
                Assert.Equal(expected, Convert.ToHexStringLower(await SHA256.HashDataAsync(gzip, Cancel)));
            Assert.Equal(expected, await Programs.RunAsync("sh", "-c", $"gzip -t {file} && zcat {file} | sha256sum | cut -c1-64"));
            Assert.Equal(expected, await Programs.RunAsync("node", "-e",
                $"console.log(require('crypto').createHash('sha256').update(require('zlib').gunzipSync(require('fs').readFileSync('{file}'))).digest('hex'))"));
            Assert.Equal(expected, await Programs.RunAsync("node", "-e",
                $"const h=require('crypto').createHash('sha256');require('fs').createReadStream('{file}').pipe(require('zlib').createGunzip()).on('data',d=>h.update(d)).on('end',()=>console.log(h.digest('hex')))"));
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
        }
    }

    [Fact]
    public async Task No_gzip_header_of_a_large_part_is_longer_than_16_KiB_and_every_member_states_its_size()
    {
        // Blocks of one long document each, so that the index needs several members.
        var random = new Random(3);
        var documents = Enumerable.Range(0, 6_000).Select(i => ((long)i * 1_000_003, SampleParts.Document((long)i * 1_000_003, new string((char)('a' + random.Next(26)), 40_000)))).ToList();
        var (part, summary) = await SampleParts.WriteAsync(documents);
        Assert.True(summary.IndexLength > PartTail.MaxChunk);
        var members = 0;
        for (var at = 0; at < part.Length; members++)
        {
            Assert.Equal([0x1F, 0x8B], part[at..(at + 2)]);
            var extra = BitConverter.ToUInt16(part, at + 10);
            Assert.InRange(extra, 6, 16 * 1024);
            Assert.Equal("BC"u8.ToArray(), part[(at + 12)..(at + 14)]);
            at += BitConverter.ToUInt16(part, at + 16) + 1;
        }

        Assert.True(members > 6_000);
        Assert.Equal(BgzfMember.EndOfFile.ToArray(), part[^28..]);
    }

    [Fact]
    public async Task Any_flipped_byte_is_detected_and_the_part_named()
    {
        var (part, _) = await SampleParts.WriteAsync(SampleParts.Documents(150));
        var random = new Random(11);
        for (var i = 0; i < 400; i++)
        {
            var damaged = (byte[])part.Clone();
            // Every byte of the ends, where the headers and the index are, and some of the middle.
            var at = i < 100 ? i : i < 250 ? part.Length - 1 - (i - 100) : random.Next(part.Length);
            damaged[at] ^= (byte)(1 << random.Next(8));
            using var reader = new PartReader(new MemoryStream(damaged), "cold/part-7");
            PartSummary read;
            try
            {
                read = await reader.CheckAsync(Cancel);
            }
            catch (DamagedPartException e)
            {
                Assert.Equal("cold/part-7", e.Part);
                Assert.Contains("cold/part-7", e.Message);
                continue;
            }

            // The unused bits that pad a deflate stream to a byte mean nothing; the whole-part checksum still tells.
            Assert.NotEqual(SHA256.HashData(part), read.Sha256);
        }
    }

    [Fact]
    public async Task A_part_cut_off_anywhere_is_detected()
    {
        var (part, _) = await SampleParts.WriteAsync(SampleParts.Documents(300));
        var random = new Random(5);
        foreach (var length in Enumerable.Range(0, 120).Select(i => i < 60 ? part.Length - 1 - i : random.Next(part.Length)))
        {
            using var reader = new PartReader(new MemoryStream(part, 0, length), "p");
            await Assert.ThrowsAsync<DamagedPartException>(() => reader.CheckAsync(Cancel));
        }
    }

    [Fact]
    public async Task The_writer_refuses_what_a_lookup_would_not_find()
    {
        using var writer = new PartWriter(new MemoryStream());
        await writer.AppendAsync(5, SampleParts.Document(5, ""), Cancel);
        await Assert.ThrowsAsync<ArgumentException>(() => writer.AppendAsync(5, SampleParts.Document(5, ""), Cancel).AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() => writer.AppendAsync(4, SampleParts.Document(4, ""), Cancel).AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() => writer.AppendAsync(6, SampleParts.Document(7, ""), Cancel).AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() => writer.AppendAsync(6, SampleParts.Document(6, "\n"), Cancel).AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() => writer.AppendAsync(6, """{"ticket_id": "6"}"""u8.ToArray(), Cancel).AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() => writer.AppendAsync(6, """{"ticket_id":"06"}"""u8.ToArray(), Cancel).AsTask());
    }
}
