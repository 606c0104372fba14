using System.Data.Common;

namespace Tickets.Core.Platform.Tables;

/// <summary>The parts of a storage connection string that the table service needs.</summary>
internal sealed record TableConnectionString(Uri Endpoint, string Account, byte[] Key)
{
    // The emulator's account is public knowledge, documented with the emulator.
    private const string EmulatorAccount = "devstoreaccount1";
    private const string EmulatorKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    /// <exception cref="ArgumentException">The string names no account, key or endpoint.</exception>
    public static TableConnectionString Parse(string connectionString)
    {
        var parts = new DbConnectionStringBuilder { ConnectionString = connectionString };
        if (Value("UseDevelopmentStorage") is { } development && bool.Parse(development))
            return new TableConnectionString(new Uri($"http://127.0.0.1:10002/{EmulatorAccount}"), EmulatorAccount, Convert.FromBase64String(EmulatorKey));

        var account = Value("AccountName") ?? throw Missing("AccountName");
        var key = Value("AccountKey") ?? throw Missing("AccountKey");
        var endpoint = Value("TableEndpoint")
            ?? $"{Value("DefaultEndpointsProtocol") ?? "https"}://{account}.table.{Value("EndpointSuffix") ?? "core.windows.net"}";
        return new TableConnectionString(new Uri(endpoint), account, Convert.FromBase64String(key));

        string? Value(string name) => parts.TryGetValue(name, out var value) ? (string)value : null;
        static ArgumentException Missing(string name) => new($"The storage connection string has no {name}.", nameof(connectionString));
    }
}
