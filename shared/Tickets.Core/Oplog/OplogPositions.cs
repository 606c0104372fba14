using Microsoft.Extensions.Logging;
using Npgsql;
using Tickets.Contracts;
using Tickets.Core.Platform;

namespace Tickets.Core.Oplog;

/// <summary>Where a reader stands on each shard.</summary>
internal sealed class OplogPositions(ShardSet shards, OplogCursors cursors, OplogHeads heads, TimeProvider clock, ILogger<OplogPositions> logger)
{
    // A late committer's op bears the time of its start, and the clocks of processes differ.
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(1);

    /// <param name="cursor">Null: from the oldest kept op; <c>now</c>: from here on.</param>
    /// <param name="required">A shard whose being away is the answer; of any other it is remembered from when on its ops are wanted.</param>
    /// <exception cref="NpgsqlException">A required shard is away.</exception>
    public async Task<Result<Dictionary<string, long>>> StartAsync(string? cursor, Predicate<string> required, CancellationToken cancel)
    {
        if (cursor is null)
            return await OldestAsync(required, cancel);
        if (cursor == "now")
            return await EachAsync(OplogRows.HeadAsync, heads.KnownOr(OplogCursors.Since(clock.GetUtcNow() - Slack)), required, cancel);
        if (cursors.Read(cursor) is not { } read)
            return Problems.InvalidCursor("The cursor was not issued here. Send next_cursor unchanged, or leave it out to begin with the oldest op.");
        // A shard added since the cursor was issued is read from its beginning; one taken away is passed over.
        return shards.All.ToDictionary(shard => shard.Name, shard => read.GetValueOrDefault(shard.Name, OplogCursors.Beginning), StringComparer.Ordinal);
    }

    public Task<Dictionary<string, long>> OldestAsync(Predicate<string> required, CancellationToken cancel) =>
        EachAsync(BeginningAsync, _ => OplogCursors.Beginning, required, cancel);

    public async Task<Problem> ExpiredAsync(CancellationToken cancel) => Problems.CursorExpired(cursors.Write(await OldestAsync(_ => false, cancel)));

    /// <summary>A position as an opid, now that the shard answers.</summary>
    public static async Task<long> ResolveAsync(Shard shard, long position, CancellationToken cancel)
    {
        if (position >= 0)
            return position;
        if (position == OplogCursors.Beginning)
            return await BeginningAsync(shard, cancel);
        await using var command = shard.Database.CreateCommand(
            """
            select coalesce((select opid from oplog where at < $1 order by opid desc limit 1), (select min(opid) - 1 from oplog), (select last_opid from oplog_head))
            """);
        command.Parameters.Add(Sql.Value(DateTimeOffset.FromUnixTimeSeconds(-position)));
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    private static async Task<long> BeginningAsync(Shard shard, CancellationToken cancel)
    {
        await using var command = shard.Database.CreateCommand("select coalesce((select min(opid) - 1 from oplog), (select last_opid from oplog_head))");
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    private async Task<Dictionary<string, long>> EachAsync(Func<Shard, CancellationToken, Task<long>> ask, Func<string, long> otherwise, Predicate<string> required, CancellationToken cancel)
    {
        var values = await Task.WhenAll(shards.All.Select(async shard =>
        {
            try
            {
                return (shard.Name, Value: await ask(shard, cancel));
            }
            catch (Exception fault) when (fault is NpgsqlException or TimeoutException && !required(shard.Name))
            {
                logger.ShardAway(shard.Name, fault);
                return (shard.Name, Value: otherwise(shard.Name));
            }
        }));
        return values.ToDictionary(pair => pair.Name, pair => pair.Value, StringComparer.Ordinal);
    }
}
