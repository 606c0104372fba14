namespace Tickets.Core.Orchestration.Determinism;

/// <summary>A rule that an orchestrator's code breaks.</summary>
/// <param name="Rule">Its name, such as <c>clock</c> or <c>non_durable_await</c>.</param>
public sealed record DeterminismFault(string Orchestrator, string Rule, string Where)
{
    public override string ToString() => $"{Rule}: {Orchestrator} {Where}";
}

/// <summary>
/// The code cannot go on from what is recorded: it has changed, or breaks a rule of determinism. Nothing of the step is kept; the instance is set aside
/// until somebody resumes it.
/// </summary>
public sealed class NonDeterministicOrchestrationException(string rule, string message) : Exception($"{rule}: {message}")
{
    public string Rule { get; } = rule;
}
