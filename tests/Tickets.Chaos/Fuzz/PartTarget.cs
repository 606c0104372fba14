using System.Text;
using Tickets.Core.Archive.Format;

namespace Tickets.Chaos.Fuzz;

/// <summary>A part of the cold tier with flipped, cut or doubled bytes: named as damaged, or it reads as what was written.</summary>
internal sealed class PartTarget : IFuzzTarget
{
    private byte[]? _part;
    private readonly List<(long, string)> _written = [];

    public string Name => "part file";

    public async Task<string?> TryAsync(Random random)
    {
        _part ??= await WriteAsync();
        var spoiled = Mutations.Bytes(random, _part);
        try
        {
            var read = await ReadAsync(spoiled);
            return read.SequenceEqual(_written) ? null : $"other documents were read than written; the part: {Convert.ToHexString(spoiled[..Math.Min(200, spoiled.Length)])}…";
        }
        catch (DamagedPartException)
        {
            return await IndexAsync(spoiled);
        }
        catch (Exception e)
        {
            return $"{e.GetType().Name} ({e.Message}) instead of a damaged part";
        }
    }

    /// <summary>As a lookup reads it: the end, the index, one block.</summary>
    private static Task<string?> IndexAsync(byte[] part)
    {
        try
        {
            var (offset, length) = PartTail.ReadEnd(part.AsSpan(Math.Max(0, part.Length - PartTail.EndBytes)));
            if (offset < 0 || length < 0 || offset + length > part.Length)
                return Task.FromResult<string?>(null);
            var entry = PartTail.ReadIndex(part.AsSpan((int)offset, length)).Find(1_000);
            if (entry is { } found && found.Offset + found.Length <= part.Length)
                Block.Decode(part, (int)found.Offset, found.Length, "part", found.Offset).Dispose();
            return Task.FromResult<string?>(null);
        }
        catch (Exception e) when (e is DamagedPartException or InvalidDataException)
        {
            return Task.FromResult<string?>(null);
        }
        catch (Exception e)
        {
            return Task.FromResult<string?>($"{e.GetType().Name} ({e.Message}) in a lookup of a damaged part");
        }
    }

    private async Task<byte[]> WriteAsync()
    {
        using var output = new MemoryStream();
        using var writer = new PartWriter(output);
        for (var id = 1_000L; id < 1_400; id += 2)
        {
            var json = $$"""{"ticket_id":"{{id}}","status":"closed","meta":{"text":"{{new string((char)('a' + (id % 26)), (int)(id % 900))}}"} }""";
            _written.Add((id, json));
            await writer.AppendAsync(id, Encoding.UTF8.GetBytes(json), CancellationToken.None);
        }

        await writer.CompleteAsync(CancellationToken.None);
        return output.ToArray();
    }

    private static async Task<List<(long, string)>> ReadAsync(byte[] part)
    {
        using var reader = new PartReader(new MemoryStream(part), "part");
        var read = new List<(long, string)>();
        await foreach (var (id, json) in reader.DocumentsAsync(CancellationToken.None))
            read.Add((id, Encoding.UTF8.GetString(json.Span)));
        return read;
    }
}
