using Tickets.Core;
using Tickets.Core.Access;
using Tickets.Core.Platform;
using Tickets.Core.Settings;
using Tickets.Functions.Archive;
using Tickets.Functions.Health;
using Tickets.Functions.Hosting;
using Tickets.Functions.Notifications;
using Tickets.Functions.Operations;
using Tickets.Functions.Oplog;
using Tickets.Functions.Orchestration;
using Tickets.Functions.Search;
using Tickets.Functions.Settings;
using Tickets.Functions.Ticketing;
using Tickets.Functions.Upkeep;
using Tickets.Functions.Webhooks;

var functions = new FunctionCatalog();
HealthFunctions.Declare(functions);
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

return await new FunctionApp
{
    Functions = functions,
    Configure = static (services, configuration) =>
    {
        services.AddTickets(configuration);
        services.AddSingleton<Authenticate>(provider => provider.GetRequiredService<KeyRing>().Authenticate);
        services.AddSingleton<SettingsFault>(provider => provider.GetRequiredService<SettingsCache>().StaleReason);
        services.AddDependencyChecks(TicketsOptions.From(configuration));
    },
    Initialize = static (services, cancel) => services.GetRequiredService<SettingsCache>().Loaded.WaitAsync(cancel),
}.Run(args);
