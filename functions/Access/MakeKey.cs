using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Tickets.Core.Access;
using Tickets.Core.Platform;
using Tickets.Core.Settings;

namespace Tickets.Functions.Access;

/// <summary>
/// <c>Tickets.Functions make-key [ROLE [PREFIX…]]</c>: the first key of a system, for whoever has the settings database. An administrator's of
/// all queues when nothing is said.
/// </summary>
internal static class MakeKey
{
    public const string Verb = "make-key";

    private const int Attempts = 10;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <returns>The exit code; the key is the only line on standard output.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        if (RoleNames.Parse(args.FirstOrDefault("admin")) is not { } role)
        {
            await Console.Error.WriteLineAsync($"'{args[0]}' is no role; there are {RoleNames.All}.");
            return 2;
        }

        try
        {
            var configuration = new ConfigurationBuilder()
                .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true, reloadOnChange: false)
                .AddEnvironmentVariables()
                .Build();
            var options = TicketsOptions.From(configuration);
            await using var database = ShardSet.Open(options.SettingsDatabase, options);
            await PrepareAsync(database);
            Console.WriteLine(await new ApiKeyStore(database, TimeProvider.System).CreateAsync(role, args.Length > 1 ? args[1..] : [""], "Made by make-key", CancellationToken.None));
            return 0;
        }
        catch (Exception fault) when (fault is InvalidOperationException or NpgsqlException)
        {
            await Console.Error.WriteLineAsync($"No key was made: {fault.Message}");
            return 1;
        }
    }

    /// <summary>Processes that start at the same time hold the schema's lock for a while, and a database that has just been started takes its time.</summary>
    private static async Task PrepareAsync(NpgsqlDataSource database)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await SchemaUpgrade.ApplyAsync(database, "settings", NullLogger.Instance, CancellationToken.None);
                return;
            }
            catch (NpgsqlException fault) when (fault.IsTransient && attempt < Attempts)
            {
                await Task.Delay(Pause);
            }
        }
    }
}
