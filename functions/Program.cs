using Tickets.Core;
using Tickets.Core.Platform;
using Tickets.Core.Settings;
using Tickets.Functions;
using Tickets.Functions.Access;
using Tickets.Functions.Health;
using Tickets.Functions.Hosting;
using Tickets.Functions.Telemetry;
using Tickets.Functions.OpenApi;

if (args is [MakeKey.Verb, .. var rest])
    return await MakeKey.RunAsync(rest);
if (args is [OpenApiFunctions.Verb])
{
    Console.WriteLine(OpenApiFunctions.Text(AppFunctions.Declare()));
    return 0;
}

return await new FunctionApp
{
    Functions = AppFunctions.Declare(),
    Configure = static (services, configuration) =>
    {
        services.AddTickets(configuration);
        services.AddAccess(configuration);
        services.AddSingleton<SettingsFault>(provider => provider.GetRequiredService<SettingsCache>().StaleReason);
        services.AddTelemetry(configuration);
        services.AddDependencyChecks(TicketsOptions.From(configuration));
    },
    Initialize = static async (services, cancel) =>
    {
        await services.GetRequiredService<SettingsCache>().Loaded.WaitAsync(cancel);
        if (services.GetRequiredService<Callers>().StartRefusal is { } refusal)
            throw new StartRefusedException(refusal);
    },
}.Run(args);
