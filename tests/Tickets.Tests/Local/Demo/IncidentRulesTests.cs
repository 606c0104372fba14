using Tickets.Local.Demo;

namespace Tickets.Tests.Local.Demo;

public sealed class IncidentRulesTests
{
    private static readonly DateOnly Early = new(1995, 3, 1);

    [Fact]
    public void Without_damage_a_report_is_closed_at_once() => Assert.Equal(["closed+no_damage"], Life(new Incident("None", 0, Early)));

    [Theory]
    [InlineData("Minor")]
    [InlineData("Medium")]
    [InlineData("Substantial")]
    public void Damage_is_triaged_repaired_and_closed(string damage) => Assert.Equal(["triaged", "repaired", "closed+fixed"], Life(new Incident(damage, 99_999, Early)));

    [Fact]
    public void Costly_repairs_wait_for_a_signature() => Assert.Equal(["triaged", "repaired"], Life(new Incident("Minor", 100_000, Early)));

    [Fact]
    public void Damage_that_the_workshop_has_not_come_to_stays_triaged()
    {
        Assert.Equal(["triaged"], Life(new Incident("Minor", 0, new DateOnly(2002, 7, 1))));
        Assert.Equal(["triaged", "repaired", "closed+fixed"], Life(new Incident("Minor", 0, new DateOnly(2002, 6, 30))));
    }

    [Fact]
    public void Damage_in_an_unknown_code_stays_reported() => Assert.Empty(Life(new Incident("C", 0, Early)));

    [Fact]
    public void A_repair_says_what_was_done_and_what_it_cost()
    {
        var repair = IncidentRules.Next("triaged", new Incident("Medium", 1200, Early))!.Set()["meta.repair"];
        Assert.Equal(("replace part", 1200), (repair.GetProperty("work").GetString(), repair.GetProperty("cost").GetInt64()));
    }

    private static List<string> Life(Incident incident)
    {
        List<string> moves = [];
        for (var status = "reported"; IncidentRules.Next(status, incident) is { } move; status = move.To)
            moves.Add(move.Resolution is null ? move.To : $"{move.To}+{move.Resolution}");
        return moves;
    }
}
