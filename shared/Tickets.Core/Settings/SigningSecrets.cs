namespace Tickets.Core.Settings;

/// <summary>The secrets that all processes share; made once, kept in the settings database.</summary>
public sealed record SigningSecrets(byte[] ApiKeys, byte[] Nonces, byte[] Cursors, byte[] Webhooks)
{
    internal const string ApiKeysPurpose = "api-keys";
    private const string NoncesPurpose = "nonces";
    private const string CursorsPurpose = "cursors";
    private const string WebhooksPurpose = "webhooks";

    internal static async Task<SigningSecrets> LoadAsync(SettingsDatabase database, CancellationToken cancel) => new(
        await database.SecretAsync(ApiKeysPurpose, cancel),
        await database.SecretAsync(NoncesPurpose, cancel),
        await database.SecretAsync(CursorsPurpose, cancel),
        await database.SecretAsync(WebhooksPurpose, cancel));
}
