namespace Tickets.Acceptance.Archive;

internal static class Archiving
{
    /// <summary>Runs the archiver until the ticket is cold. One run may find the queue busy with another test's run.</summary>
    public static Task MoveAsync(Api api, string queue, string id) => Eventually.IsAsync(
        async () =>
        {
            (await api.PostAsync("/archive/runs", null)).Ok();
            return (await api.TicketAsync(queue, id)).Text("tier") == "cold";
        },
        TimeSpan.FromSeconds(60));
}
