using FsCheck;
using FsCheck.Fluent;

namespace Tickets.Chaos.Model;

/// <summary>Commands by lot.</summary>
internal static class Commands
{
    public static Arbitrary<Command[]> Lists() => Arb.Array(Arb.From(Gen.Frequency((3, Creates()), (8, Updates()), (2, Accepts()), (2, Finds()), (1, Reads())), Simpler));

    private static Gen<Command> Creates() =>
        from queue in Gen.Choose(0, 1)
        from number in Maybe(Numbers())
        from block in Maybe(Blocks())
        from again in Seldom()
        select (Command)new Create(queue, number, block, again);

    private static Gen<Command> Updates() =>
        from ticket in Gen.Choose(0, 5)
        from version in Gen.Frequency((5, Gen.Constant((int?)null)), (4, Gen.Constant((int?)0)), (1, Gen.Elements<int?>(-1, 1, 100)))
        from status in Maybe(Gen.Elements("open", "busy", "closed"))
        from resolution in Maybe(Gen.Elements("done", "dropped"))
        from clear in Seldom()
        from block in Maybe(Blocks())
        from drop in Gen.Frequency((4, Gen.Constant((string?)null)), (1, Blocks().Select(name => (string?)name)))
        from number in Maybe(Numbers())
        from move in Seldom()
        from again in Seldom()
        select (Command)new Update(ticket, version, status, clear ? null : resolution, clear, block, drop == block ? null : drop, number, move, again);

    private static Gen<Command> Accepts() => from ticket in Gen.Choose(0, 5) from who in Gen.Elements("ann", "bob") select (Command)new Accept(ticket, who);

    private static Gen<Command> Finds() => from queue in Gen.Choose(0, 1) from number in Numbers() select (Command)new Find(queue, number);

    private static Gen<Command> Reads() => Gen.Choose(0, 5).Select(ticket => (Command)new Read(ticket));

    private static Gen<long> Numbers() => Gen.Elements(0L, 1, 2);

    private static Gen<string> Blocks() => Gen.Elements("a", "b");

    private static Gen<bool> Seldom() => Gen.Frequency((5, Gen.Constant(false)), (1, Gen.Constant(true)));

    private static Gen<long?> Maybe(Gen<long> some) => Gen.Frequency((1, Gen.Constant((long?)null)), (1, some.Select(each => (long?)each)));

    private static Gen<string?> Maybe(Gen<string> some) => Gen.Frequency((1, Gen.Constant((string?)null)), (1, some.Select(each => (string?)each)));

    /// <summary>An update with one thing less.</summary>
    private static IEnumerable<Command> Simpler(Command command)
    {
        if (command is Create { Again: true } create)
            yield return create with { Again = false };
        if (command is not Update update)
            yield break;
        Update[] less =
        [
            update with { Again = false }, update with { Move = false }, update with { Number = null }, update with { Drop = null }, update with { Block = null }, update with { Clear = false },
            update with { Resolution = null }, update with { Status = null }, update with { VersionOff = null },
        ];
        foreach (var each in less.Where(each => each != update))
            yield return each;
    }
}
