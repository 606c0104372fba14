using Tickets.Core.Settings;
using Tickets.Functions.Hosting;

namespace Tickets.Functions.Access;

internal static class AccessServices
{
    public static void AddAccess(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(AccessOptions.From(configuration));
        services.AddSingleton<Tokens>();
        services.AddSingleton<Callers>();
        services.AddSingleton<Authenticate>(provider => provider.GetRequiredService<Callers>().Authenticate);
        services.AddSingleton<LimitRequests>(provider => provider.GetRequiredService<RequestLimiter>().Take);
    }
}
