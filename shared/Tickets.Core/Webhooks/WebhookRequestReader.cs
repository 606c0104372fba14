using System.Text.Json;
using Tickets.Contracts;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Json;
using Tickets.Core.Platform.Webhooks;

namespace Tickets.Core.Webhooks;

/// <summary>What <c>POST /webhooks</c> asks for.</summary>
/// <param name="Cursor">From where on; null: from now on.</param>
internal sealed record WebhookRequest(Uri Url, string? Queue, IReadOnlyList<string> Kinds, string? Description, string? Cursor, WebhookSecret Secret);

internal static class WebhookRequestReader
{
    private const int LongestUrl = 2000;
    private const int LongestCursor = 4096;

    private static readonly string[] Kinds = ["created", "updated", "moved_in", "moved_out", "archived", "restored", "erased", "deleted", "skipped"];

    public static Result<WebhookRequest> Read(JsonElement body, bool allowPrivate)
    {
        var errors = new List<ProblemError>();
        var reader = new ObjectReader(body, "", errors);
        var url = Url(reader, allowPrivate);
        var queue = reader.Text("queue");
        var kinds = reader.Texts("kinds", Kinds.Length) ?? [];
        for (var i = 0; i < kinds.Count; i++)
        {
            if (!Kinds.Contains(kinds[i]))
                errors.Add(new ProblemError($"{reader.PointerOf("kinds")}/{i}", $"Expected one of {string.Join(", ", Kinds)}."));
        }

        var description = reader.Text("description", 1000);
        var cursor = reader.Text("cursor", LongestCursor);
        var secret = reader.Text("secret") is { } text ? WebhookSecret.TryParse(text) : WebhookSecret.Make();
        if (secret is null)
            reader.Fault("secret", "Expected whsec_ and 24 to 64 bytes in base64; left out, one is made.");
        return Finished(reader) ?? (Result<WebhookRequest>)new WebhookRequest(url!, queue, kinds, description, cursor, secret!);
    }

    /// <summary>The body of a replay: from where on.</summary>
    public static Result<string> ReadReplay(JsonElement body)
    {
        var reader = new ObjectReader(body, "", []);
        var cursor = reader.RequiredText("cursor", LongestCursor);
        return Finished(reader) ?? (Result<string>)cursor!;
    }

    /// <summary>The body of a change: active or paused.</summary>
    public static Result<string> ReadStatus(JsonElement body)
    {
        var reader = new ObjectReader(body, "", []);
        var status = reader.RequiredText("status");
        if (status is not (null or Subscription.Active or Subscription.Paused))
            reader.Fault("status", $"Expected {Subscription.Active} or {Subscription.Paused}.");
        return Finished(reader) ?? (Result<string>)status!;
    }

    private static Uri? Url(ObjectReader reader, bool allowPrivate)
    {
        if (reader.RequiredText("url", LongestUrl) is not { } text)
            return null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url))
            reader.Fault("url", "Expected an absolute https URL.");
        else if (WebhookTargets.Fault(url, allowPrivate) is { } fault)
            reader.Fault("url", $"The URL cannot be used: {fault}");
        return url;
    }

    private static Problem? Finished(ObjectReader reader)
    {
        var unknown = new List<ProblemError>();
        reader.Finish(unknown);
        if (unknown.Count > 0)
            return Problems.UnknownMembers(unknown);
        return reader.Errors.Count > 0 ? Problems.Invalid(reader.Errors) : null;
    }
}
