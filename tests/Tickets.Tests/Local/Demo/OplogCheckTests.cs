using Tickets.Contracts;
using Tickets.Local.Demo;

namespace Tickets.Tests.Local.Demo;

public sealed class OplogCheckTests
{
    private static readonly HashSet<string> Archived = ["1"];

    private readonly Ledger _ledger = new();

    // Two tickets: 1 was closed and archived, 2 is as it was created, on the other shard.
    private readonly List<Op> _ops =
    [
        Op("hot-0", 1, "1", "created", 1), Op("hot-1", 1, "2", "created", 1), Op("hot-0", 2, "1", "updated", 2), Op("hot-0", 3, "1", "archived", 2),
    ];

    public OplogCheckTests()
    {
        _ledger.Created("1", new Known("reported", 1, Report: null));
        _ledger.Created("2", new Known("reported", 1, Report: null));
        _ledger.Moved(new UpdateTicketResponse("1", new TicketVersions(2, new Dictionary<string, long>()), new OpPosition("hot-0", 2)), new Move("closed", "no_damage"));
    }

    [Fact]
    public void A_log_that_tells_what_was_acknowledged_holds() => Assert.Empty(Faults());

    [Fact]
    public void A_gap_is_found()
    {
        for (var i = 2; i < _ops.Count; i++) _ops[i] = _ops[i] with { Opid = _ops[i].Opid + 1 };
        Assert.Contains("hot-0: op 3 comes where 2 should", Faults());
    }

    [Fact]
    public void An_op_that_comes_twice_is_found()
    {
        _ops.Add(_ops[^1]);
        Assert.Contains("hot-0: op 3 comes where 4 should", Faults());
    }

    [Fact]
    public void A_log_that_does_not_begin_with_its_first_op_is_found()
    {
        _ops.RemoveAt(1);
        _ops.Add(Op("hot-1", 2, "2", "created", 1));
        Assert.Equal(["hot-1: op 2 comes where 1 should"], Faults());
    }

    [Fact]
    public void An_acknowledged_change_that_is_missing_is_found()
    {
        _ops.RemoveRange(2, 2);
        _ops.Add(Op("hot-0", 2, "1", "archived", 2));
        Assert.Equal(
            ["ticket 1 should have the ops created 1, updated 2, archived and has created 1, archived", "ticket 1 was said to be updated by op 2 of hot-0, which is something else"], Faults());
    }

    [Fact]
    public void A_change_that_nobody_made_is_found()
    {
        _ops.Add(Op("hot-1", 2, "2", "updated", 2));
        Assert.Equal(["ticket 2 should have the ops created 1 and has created 1, updated 2"], Faults());
    }

    [Fact]
    public void A_ticket_that_nobody_created_is_found()
    {
        _ops.Add(Op("hot-1", 2, "77", "created", 1));
        Assert.Equal(["ticket 77 is in the change log and no create was answered with it"], Faults());
    }

    private IReadOnlyList<string> Faults() => OplogCheck.Faults(_ops, _ledger, Archived);

    private static Op Op(string shard, long opid, string ticketId, string kind, long version) => new()
    {
        Shard = shard,
        Opid = opid,
        At = DateTimeOffset.UnixEpoch,
        TicketId = ticketId,
        Queue = "q",
        Kind = kind,
        Version = version,
        Diff = new OpDiff(null, null),
    };
}
