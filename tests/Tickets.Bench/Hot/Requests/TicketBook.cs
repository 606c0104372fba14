namespace Tickets.Bench.Hot.Requests;

/// <summary>What is known of the filled-in tickets, so that updates can name the version that they expect.</summary>
internal sealed class TicketBook
{
    private readonly int[] _versions;
    private readonly byte[] _statuses;

    /// <summary>Tickets 1 to <paramref name="tickets"/> of the main queue as <see cref="HotFill"/> makes them.</summary>
    public TicketBook(long tickets)
    {
        _versions = new int[tickets + 1];
        _statuses = new byte[tickets + 1];
        for (var id = 1; id <= tickets; id++)
            (_versions[id], _statuses[id]) = (1, (byte)(id % HotQueues.Statuses));
    }

    public int Count => _versions.Length - 1;

    public int Version(int id) => _versions[id];

    public int Status(int id) => _statuses[id];

    public void Updated(int id, int status)
    {
        _versions[id]++;
        _statuses[id] = (byte)status;
    }
}
