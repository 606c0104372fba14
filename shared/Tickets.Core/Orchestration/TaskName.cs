namespace Tickets.Core.Orchestration;

/// <summary>The name of an orchestrator or an activity; names that differ only in case are the same.</summary>
public readonly struct TaskName(string name) : IEquatable<TaskName>
{
    public string Name { get; } = name;

    /// <summary>As rows carry it: what differs only in case is the same work.</summary>
    internal string Key => Name.ToLowerInvariant();

    public static implicit operator TaskName(string name) => new(name);
    public static bool operator ==(TaskName left, TaskName right) => left.Equals(right);
    public static bool operator !=(TaskName left, TaskName right) => !left.Equals(right);

    public bool Equals(TaskName other) => string.Equals(Name, other.Name, StringComparison.OrdinalIgnoreCase);
    public override bool Equals(object? obj) => obj is TaskName other && Equals(other);
    public override int GetHashCode() => Name is null ? 0 : StringComparer.OrdinalIgnoreCase.GetHashCode(Name);
    public override string ToString() => Name ?? "";
}
