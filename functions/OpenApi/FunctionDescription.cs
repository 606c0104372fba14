using System.Text.Json.Serialization.Metadata;

namespace Tickets.Functions.OpenApi;

/// <summary>What a function takes and answers, beside what its declaration says already.</summary>
/// <param name="Summary">One line.</param>
internal sealed record FunctionDescription(string Tag, string Summary)
{
    public string? Details { get; init; }
    public BodyDescription? Body { get; init; }
    public required IReadOnlyList<AnswerDescription> Answers { get; init; }

    /// <summary>Codes of problems beside those that follow from the declaration.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>Request headers that it reads.</summary>
    public IReadOnlyList<string> Headers { get; init; } = [];

    /// <summary>Query parameters that must be given.</summary>
    public IReadOnlyList<string> Required { get; init; } = [];
}

/// <param name="Optional">Whether it may be left out.</param>
internal sealed record BodyDescription(JsonTypeInfo Type, string Example, bool Optional = false);

/// <param name="Type">Null: no body, or one that is not JSON.</param>
/// <param name="Headers">Response headers beside those that every answer has.</param>
internal sealed record AnswerDescription(int Status, string Meaning, JsonTypeInfo? Type, string? Example, params string[] Headers)
{
    public string ContentType { get; init; } = "application/json";

    /// <summary>What it may be instead, as the query asks.</summary>
    public JsonTypeInfo? OrType { get; init; }

    /// <summary>Another form of the same answer, by <c>Accept</c>: a list of objects.</summary>
    public (string Type, string Example)? OtherForm { get; init; }
}
