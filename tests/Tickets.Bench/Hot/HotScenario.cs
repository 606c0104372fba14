namespace Tickets.Bench.Hot;

/// <summary>Measures one or a few figures that belong together.</summary>
internal abstract class HotScenario
{
    /// <summary>What it prints; each may be named in <c>--only</c>.</summary>
    public abstract IReadOnlyList<string> Figures { get; }

    public virtual bool NeedsFloor => false;

    /// <summary>Whether it needs the many queues.</summary>
    public virtual bool NeedsMany => false;

    /// <summary>Too long for <c>--quick</c>.</summary>
    public virtual bool OnlyInWhole => false;

    public abstract Task RunAsync(HotScene scene);
}
