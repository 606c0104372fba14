namespace Tickets.Core.Orchestration.History;

/// <summary>One step of an orchestration, recorded as one row: what came in, and what the code did about it.</summary>
/// <param name="At">UTC; the orchestrator's clock during the step.</param>
public sealed record HistoryStep(DateTime At, IReadOnlyList<HistoryEvent> In, IReadOnlyList<HistoryEvent> Out);
