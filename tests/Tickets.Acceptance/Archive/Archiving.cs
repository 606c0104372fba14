namespace Tickets.Acceptance.Archive;

internal static class Archiving
{
    // A run goes over every queue there is: one at a time serves all tests.
    private static readonly SemaphoreSlim OneRun = new(1, 1);

    /// <summary>Runs the archiver until the tickets are cold: a run may find the queue busy with the one that the clock started.</summary>
    public static Task MoveAsync(Api api, string queue, params IReadOnlyCollection<string> ids) => Eventually.IsAsync(
        async () =>
        {
            await OneRun.WaitAsync();
            try
            {
                (await api.PostAsync("/archive/runs", null)).Ok();
            }
            finally
            {
                OneRun.Release();
            }

            foreach (var id in ids)
            {
                if ((await api.TicketAsync(queue, id)).Text("tier") != "cold")
                    return false;
            }

            return true;
        },
        TimeSpan.FromSeconds(90));
}
