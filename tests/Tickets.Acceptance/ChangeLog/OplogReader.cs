namespace Tickets.Acceptance.ChangeLog;

internal static class OplogReader
{
    /// <summary>Every op from the cursor on, page by page until none is left.</summary>
    public static async Task<List<JsonElement>> ReadAllAsync(this Api api, string? cursor = null, string? queue = null, int maxOps = 1000)
    {
        var ops = new List<JsonElement>();
        var filter = queue is null ? "" : $"&queue={queue}";
        while (true)
        {
            var page = (await api.GetAsync($"/oplog?max_ops={maxOps}{filter}{(cursor is null ? "" : $"&cursor={cursor}")}")).Ok();
            var found = page.GetProperty("ops").EnumerateArray().ToList();
            Assert.True(found.Count <= maxOps);
            ops.AddRange(found);
            cursor = page.Text("next_cursor");
            // A filtered page may be empty although more follows; then the next one is due at once.
            if (found.Count == 0 && page.Number("polling_delay_ms") > 0)
                return ops;
        }
    }

    public static async Task<string> NowAsync(this Api api) => (await api.GetAsync("/oplog?cursor=now")).Ok().Text("next_cursor")!;
}
