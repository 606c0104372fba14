using Microsoft.Extensions.Configuration;
using Tickets.Core.Platform.Webhooks;

namespace Tickets.Core.Webhooks;

public sealed record WebhookOptions
{
    /// <summary><c>Webhooks:AllowPrivate</c>: also http, and addresses of this machine and of private networks.</summary>
    public bool AllowPrivate { get; init; }

    public WebhookBackoff Backoff { get; init; } = WebhookBackoff.Default;

    /// <exception cref="InvalidOperationException">A setting cannot be read.</exception>
    public static WebhookOptions From(IConfiguration configuration)
    {
        var backoff = WebhookBackoff.Default;
        return new WebhookOptions
        {
            AllowPrivate = configuration["Webhooks:AllowPrivate"] switch
            {
                null or "" => false,
                var text => bool.TryParse(text, out var allow) ? allow : throw new InvalidOperationException($"Webhooks:AllowPrivate is '{text}': give true or false."),
            },
            Backoff = backoff with
            {
                Attempts = configuration["Webhooks:Attempts"] switch
                {
                    null or "" => backoff.Attempts,
                    var text => int.TryParse(text, out var attempts) && attempts is > 0 and <= 100 ? attempts : throw new InvalidOperationException($"Webhooks:Attempts is '{text}': give a whole number from 1 to 100."),
                },
            },
        };
    }
}
