using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Tickets.Core.Platform;

namespace Tickets.Functions.Hosting;

/// <summary>The common shape of functions with a body: read it, hand it on, answer what came back.</summary>
internal static class JsonFunctions
{
    private static readonly JsonElement Empty = JsonElement.Parse("{}");

    /// <summary>Answers with what <paramref name="act"/> makes of the body's JSON object; the body is gone when it returns.</summary>
    public static Task AnswerBody<T>(this HttpContext context, Func<JsonElement, Task<Result<T>>> act, JsonTypeInfo<T> type) =>
        context.WithBody(async body => await context.Answer(await act(body), type));

    /// <summary>The same for answers that come as JSON already.</summary>
    public static Task AnswerBody(this HttpContext context, Func<JsonElement, Task<Result<ReadOnlyMemory<byte>>>> act) =>
        context.WithBody(async body => await context.AnswerJson(await act(body)));

    /// <summary>Hands the body's JSON object on, or answers why it cannot be read.</summary>
    public static async Task WithBody(this HttpContext context, Func<JsonElement, Task> answer)
    {
        var read = await context.ReadJson();
        using var body = read.Value;
        await (read.IsProblem ? context.AnswerProblem(read.Problem) : answer(body!.RootElement));
    }

    /// <summary>The same where the body may be left out; it is then an empty object.</summary>
    public static Task WithOptionalBody(this HttpContext context, Func<JsonElement, Task> answer) => context.HasBody() ? context.WithBody(answer) : answer(Empty);
}
