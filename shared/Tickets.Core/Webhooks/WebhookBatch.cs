using System.Buffers;
using System.Text.Json;
using Tickets.Core.Oplog;
using Tickets.Core.Platform.Json;
using Tickets.Core.Settings;

namespace Tickets.Core.Webhooks;

/// <summary>What one delivery carries: a batch of CloudEvents, the same whenever it is made again.</summary>
/// <param name="ReadTo">Every op up to here is in it or not wanted.</param>
internal sealed record WebhookBatch(long FirstOpid, long LastOpid, long ReadTo, ReadOnlyMemory<byte> Body)
{
    public const int MostOps = 100;
    private const int EnoughBytes = 256 * 1024;

    /// <param name="upTo">Where the delivery ends that was tried before; null: it may end anywhere.</param>
    /// <returns>With an empty body when nothing in the stretch is wanted.</returns>
    public static WebhookBatch Of(OplogStretch stretch, long? upTo, Subscription webhook, SettingsSnapshot settings)
    {
        var body = new ArrayBufferWriter<byte>(4096);
        using var json = new Utf8JsonWriter(body, JsonText.Options);
        var (first, last, count) = (0L, 0L, 0);
        json.WriteStartArray();
        foreach (var op in stretch.Ops)
        {
            if (op.Opid > upTo || (upTo is null && (count == MostOps || json.BytesCommitted + json.BytesPending > EnoughBytes)))
                return Finished(op.Opid - 1);
            if (!webhook.Wants(op, settings))
                continue;
            OpJson.WriteEvent(json, op, settings.QueuesById[op.QueueId].Name, byReference: op.Diff is null);
            first = count++ == 0 ? op.Opid : first;
            last = op.Opid;
        }

        return Finished(upTo is { } end && end < stretch.ReadTo ? end : stretch.ReadTo);

        WebhookBatch Finished(long readTo)
        {
            json.WriteEndArray();
            json.Flush();
            return new WebhookBatch(first, last, readTo, count == 0 ? default : body.WrittenMemory);
        }
    }
}
