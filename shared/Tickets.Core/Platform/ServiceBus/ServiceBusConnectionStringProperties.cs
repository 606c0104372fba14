using System.Data.Common;

namespace Tickets.Core.Platform.ServiceBus;

/// <summary>The parts of a Service Bus connection string.</summary>
public sealed record ServiceBusConnectionStringProperties
{
    /// <summary><c>sb://NAMESPACE/</c>.</summary>
    public required Uri Endpoint { get; init; }

    public required string SharedAccessKeyName { get; init; }

    public required string SharedAccessKey { get; init; }

    /// <summary>A local emulator: plain HTTP, on the endpoint's own port.</summary>
    public bool UseDevelopmentEmulator { get; init; }

    public string FullyQualifiedNamespace => Endpoint.Host;

    /// <summary>Where REST is spoken.</summary>
    internal Uri RestEndpoint => UseDevelopmentEmulator
        ? new UriBuilder("http", Endpoint.Host, Endpoint.IsDefaultPort || Endpoint.Port < 0 ? 5672 : Endpoint.Port).Uri
        : new UriBuilder("https", Endpoint.Host).Uri;

    /// <exception cref="FormatException">The string lacks an endpoint or a key.</exception>
    public static ServiceBusConnectionStringProperties Parse(string connectionString)
    {
        DbConnectionStringBuilder parts;
        try
        {
            parts = new DbConnectionStringBuilder { ConnectionString = connectionString };
        }
        catch (ArgumentException fault)
        {
            throw new FormatException("The Service Bus connection string cannot be read.", fault);
        }

        return new ServiceBusConnectionStringProperties
        {
            Endpoint = Uri.TryCreate(Value("Endpoint"), UriKind.Absolute, out var endpoint) && endpoint.Scheme == "sb" ? endpoint : throw Missing("Endpoint=sb://…"),
            SharedAccessKeyName = Value("SharedAccessKeyName") ?? throw Missing("SharedAccessKeyName"),
            SharedAccessKey = Value("SharedAccessKey") ?? throw Missing("SharedAccessKey"),
            UseDevelopmentEmulator = bool.TryParse(Value("UseDevelopmentEmulator"), out var emulator) && emulator,
        };

        string? Value(string name) => parts.TryGetValue(name, out var value) && value is string { Length: > 0 } text ? text : null;
        static FormatException Missing(string name) => new($"The Service Bus connection string has no {name}.");
    }
}
