using Azure.Core;

namespace Tickets.Core.Platform.Tables;

/// <summary>Retries, transport and diagnostics of the client, as in every Azure client.</summary>
public sealed class TableClientOptions : ClientOptions
{
    internal const string Version = "2019-02-02";
}
