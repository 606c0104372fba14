using System.Diagnostics.CodeAnalysis;
using Tickets.Contracts;

namespace Tickets.Core.Platform;

/// <summary>A value, or the problem that is the answer instead. Expected refusals travel this way; exceptions are for bugs and infrastructure.</summary>
public readonly struct Result<T>
{
    private Result(T? value, Problem? problem) => (Value, Problem) = (value, problem);

    public T? Value { get; }
    public Problem? Problem { get; }

    [MemberNotNullWhen(false, nameof(Value))]
    [MemberNotNullWhen(true, nameof(Problem))]
    public bool IsProblem => Problem is not null;

    public static implicit operator Result<T>(T value) => new(value, null);
    public static implicit operator Result<T>(Problem problem) => new(default, problem);
}
