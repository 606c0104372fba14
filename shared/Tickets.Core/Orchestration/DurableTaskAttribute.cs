namespace Tickets.Core.Orchestration;

/// <summary>Names an orchestrator or activity; without it the class name is the name.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class DurableTaskAttribute(string? name = null) : Attribute
{
    public string? Name { get; } = name;

    /// <summary>An orchestrator with a version serves the instances of that version alone; one without serves all that have no other.</summary>
    public string Version { get; init; } = "";
}
