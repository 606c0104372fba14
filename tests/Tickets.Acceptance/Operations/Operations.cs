namespace Tickets.Acceptance.Operations;

internal static class LongOperations
{
    /// <summary>Starts an operation and waits for its end.</summary>
    public static async Task<JsonElement> RunAsync(this Api api, string path, string body)
    {
        var started = await api.PostAsync(path, body);
        Assert.Equal(202, started.Status);
        var location = started.Headers["Operation-Location"];
        Assert.Equal($"/api/v1/operations/{started.Json.Text("id")}", location);
        Assert.Contains(started.Json.Text("status"), new[] { "not_started", "running", "succeeded" });
        return await api.EndAsync(started.Json.Text("id")!);
    }

    public static async Task<JsonElement> EndAsync(this Api api, string id)
    {
        var operation = default(JsonElement);
        await Eventually.IsAsync(
            async () =>
            {
                operation = (await api.GetAsync($"/operations/{id}")).Ok();
                return operation.Text("status") is "succeeded" or "failed" or "canceled";
            },
            TimeSpan.FromSeconds(60));
        return operation;
    }

    /// <summary>Some closed and archived tickets.</summary>
    public static async Task<string[]> ArchivedAsync(this RunningApp app, string queue, int count, Func<int, string>? members = null)
    {
        var ids = await Task.WhenAll(Enumerable.Range(0, count).Select(async i =>
        {
            var id = await app.Admin.CreateAsync(queue, members?.Invoke(i) ?? $"\"created_at\": \"1990-01-{(i % 28) + 1:00}T00:00:00Z\", \"indexed_meta\": {{\"cost\": {i % 10}, \"state\": \"S{i % 3}\"}}, \"meta\": {{\"note\": \"n{i}\"}}");
            await app.Admin.CloseAsync(queue, id);
            return id;
        }));
        await Archive.Archiving.MoveAsync(app.Admin, queue, ids);
        return ids;
    }
}
