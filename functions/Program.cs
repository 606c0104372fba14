using Tickets.Functions.Health;
using Tickets.Functions.Hosting;

var functions = new FunctionCatalog();
HealthFunctions.Declare(functions);

return await new FunctionApp
{
    Functions = functions,
    Configure = static (services, _) => services.AddSingleton<DependencyChecks>(),
}.Run(args);
