using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Tickets.Core.Orchestration;
using Tickets.Core.Settings;

namespace Tickets.Core.Notifications;

/// <summary>A message to a bot.</summary>
/// <param name="Body">What is posted.</param>
public sealed record WebhookMessage(string Address, string Event, JsonElement Body)
{
    /// <summary>Names the message: the delivery id is made of it; null: of the delivery itself.</summary>
    public string? Key { get; init; }

    /// <summary>Who is told when the delivery has come to its end.</summary>
    public EventAtEnd? Tells { get; init; }
}

/// <summary>An event for an orchestration of the same hub.</summary>
public sealed record EventAtEnd(string InstanceId, string Name, JsonElement Payload);

/// <summary>
/// Posts a message until the bot takes it: 10 attempts over about two hours, but only one where the bot says that it never will (4xx). Each carries the same
/// delivery id, so the bot can tell a repetition. One that fails for good is a failed orchestration of this name, listed as such, and can be rewound.
/// </summary>
[DurableTask(Name)]
internal sealed class WebhookDelivery : TaskOrchestrator<WebhookMessage, string>
{
    public const string Name = "webhook-delivery";

    private static readonly TaskOptions Attempts = TaskOptions.FromRetryPolicy(
        new RetryPolicy(10, TimeSpan.FromSeconds(2), 3, TimeSpan.FromMinutes(30)) { HandleFailure = failure => !failure.IsCausedBy<WebhookRefusedException>() }) with { Timeout = TimeSpan.FromSeconds(30) };

    public override async Task<string> RunAsync(TaskOrchestrationContext context, WebhookMessage input)
    {
        try
        {
            return await context.CallActivityAsync<string>("post-webhook", input, Attempts);
        }
        finally
        {
            if (input.Tells is { } tells)
                context.SendEvent(tells.InstanceId, tells.Name, tells.Payload);
        }
    }
}

/// <summary>The bot answered that it will not take the message, now or later.</summary>
internal sealed class WebhookRefusedException(int status) : Exception($"It answered {status}.");

[DurableTask("post-webhook")]
internal sealed partial class PostWebhook(HttpClient http, SettingsCache settings, TimeProvider clock, ILogger<PostWebhook> logger) : TaskActivity<WebhookMessage, string>
{
    /// <returns>The status that the bot answered.</returns>
    /// <exception cref="WebhookRefusedException">It answered with a 4xx that another attempt does not change.</exception>
    /// <exception cref="HttpRequestException">It did not answer with 2xx.</exception>
    public override async Task<string> RunAsync(TaskActivityContext context, WebhookMessage input)
    {
        var body = Encoding.UTF8.GetBytes(input.Body.GetRawText());
        var delivery = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(input.Key ?? context.Key)).AsSpan(0, 16));
        var at = clock.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        using var request = new HttpRequestMessage(HttpMethod.Post, input.Address) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.Add("tickets-event", input.Event);
        request.Headers.Add("tickets-delivery", delivery);
        request.Headers.Add("tickets-attempt", context.Attempt.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("tickets-signature", $"t={at},v1={Signature(settings.Secrets.Webhooks, at, body)}");
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.Cancellation);
        if (!response.IsSuccessStatusCode)
            LogRefused(logger, delivery, input.Address, (int)response.StatusCode, context.Attempt);
        if ((int)response.StatusCode is >= 400 and < 500 and not (408 or 425 or 429))
            throw new WebhookRefusedException((int)response.StatusCode);
        response.EnsureSuccessStatusCode();
        return ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Hexadecimal HMAC-SHA256 of the time, a dot and the body.</summary>
    internal static string Signature(byte[] secret, string at, byte[] body) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(secret, (byte[])[.. Encoding.ASCII.GetBytes(at), (byte)'.', .. body]));

    [LoggerMessage(1100, LogLevel.Warning, "Webhook delivery {Delivery} to {Address} was answered with {Status} in attempt {Attempt}")]
    private static partial void LogRefused(ILogger logger, string delivery, string address, int status, int attempt);
}
