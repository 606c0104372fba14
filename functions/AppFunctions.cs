using Tickets.Functions.Access;
using Tickets.Functions.Archive;
using Tickets.Functions.Health;
using Tickets.Functions.Hosting;
using Tickets.Functions.Notifications;
using Tickets.Functions.Operations;
using Tickets.Functions.OpenApi;
using Tickets.Functions.Oplog;
using Tickets.Functions.Orchestration;
using Tickets.Functions.Overview;
using Tickets.Functions.Search;
using Tickets.Functions.Settings;
using Tickets.Functions.Telemetry;
using Tickets.Functions.Ticketing;
using Tickets.Functions.Upkeep;
using Tickets.Functions.Webhooks;

namespace Tickets.Functions;

/// <summary>Every function of the app: the one table that endpoints, documents and tests are made from.</summary>
internal static class AppFunctions
{
    public static FunctionCatalog Declare()
    {
        var functions = new FunctionCatalog();
        HealthFunctions.Declare(functions);
        KeyFunctions.Declare(functions);
        SettingsFunctions.Declare(functions);
        TicketFunctions.Declare(functions);
        SearchFunctions.Declare(functions);
        OplogFunctions.Declare(functions);
        ArchiveFunctions.Declare(functions);
        OrchestrationFunctions.Declare(functions);
        NotificationFunctions.Declare(functions);
        OperationFunctions.Declare(functions);
        WebhookFunctions.Declare(functions);
        UpkeepFunctions.Declare(functions);
        TelemetryFunctions.Declare(functions);
        OverviewFunctions.Declare(functions);
        OpenApiFunctions.Declare(functions);
        return functions;
    }
}
