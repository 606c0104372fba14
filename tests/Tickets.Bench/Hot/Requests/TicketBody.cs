using Tickets.Bench.Load;

namespace Tickets.Bench.Hot.Requests;

/// <summary>The members of a create, without its nonce.</summary>
internal static class TicketBody
{
    public static void Append(RequestText text, Random random, ReadOnlySpan<byte> queue, long keys, ReadOnlySpan<byte> meta)
    {
        var k = random.NextInt64(keys);
        text.Append("\"queue\":\""u8).Append(queue)
            .Append("\",\"status\":\"s"u8).Append(random.Next(HotQueues.Statuses))
            .Append("\",\"meta\":{\"task\":"u8).Append(meta)
            .Append("},\"indexed_meta\":{\"n1\":"u8).Append(k)
            .Append(",\"n2\":"u8).Append(k % 1000)
            .Append(",\"n3\":"u8).Append(k * 3)
            .Append(",\"t1\":\"ext-"u8).Append(k)
            .Append("\",\"t2\":\"robot-17\",\"t3\":\"9e107d9d372bb6826bd81d3542a419d6\"}"u8);
    }
}
