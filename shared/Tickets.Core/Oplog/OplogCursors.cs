using System.Text.Json;
using Tickets.Core.Platform;
using Tickets.Core.Settings;

namespace Tickets.Core.Oplog;

/// <summary>
/// Signed positions in the change log, a number a shard: the opid of the last op seen or, negative, the Unix time in seconds from which
/// on ops are wanted, of a shard that could not be asked for its position.
/// </summary>
internal sealed class OplogCursors(SettingsCache settings)
{
    /// <summary>The oldest op that is kept.</summary>
    public const long Beginning = -1;

    private const byte Format = (byte)'o';

    public static long Since(DateTimeOffset time) => -time.ToUnixTimeSeconds();

    public string Write(IReadOnlyDictionary<string, long> positions)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(positions.ToDictionary(StringComparer.Ordinal), PositionsJson.Default.DictionaryStringInt64);
        return SignedToken.Seal([Format, .. json], settings.Secrets.Cursors);
    }

    public IReadOnlyDictionary<string, long>? Read(string text) =>
        SignedToken.TryOpen(text, settings.Secrets.Cursors, out var payload) && payload[0] == Format
            ? JsonSerializer.Deserialize(payload.AsSpan(1), PositionsJson.Default.DictionaryStringInt64)
            : null;
}

[System.Text.Json.Serialization.JsonSerializable(typeof(Dictionary<string, long>))]
internal sealed partial class PositionsJson : System.Text.Json.Serialization.JsonSerializerContext;
