namespace Tickets.Acceptance.Archive;

internal static class Archiving
{
    /// <summary>Runs the archiver until the tickets are cold: a run may find the queue busy with the one that the clock started.</summary>
    public static Task MoveAsync(Api api, string queue, params IReadOnlyCollection<string> ids) => Eventually.IsAsync(
        async () =>
        {
            (await api.PostAsync($"/archive/runs?queue={queue}", null)).Ok();
            foreach (var id in ids)
            {
                if ((await api.TicketAsync(queue, id)).Text("tier") != "cold")
                    return false;
            }

            return true;
        },
        TimeSpan.FromSeconds(90));
}
