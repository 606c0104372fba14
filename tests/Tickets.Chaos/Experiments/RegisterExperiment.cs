using Tickets.Chaos.Faults;
using Tickets.Chaos.Running;

namespace Tickets.Chaos.Experiments;

/// <summary>R1: tickets as registers while the app and PostgreSQL are killed and processes freeze.</summary>
internal sealed class RegisterExperiment : IExperiment
{
    public string Name => "register";

    public string Requirement => "R1";

    public string Description => "Conditional updates of 16 tickets through two processes while the app is killed and frozen and PostgreSQL killed.";

    public TimeSpan Whole => TimeSpan.FromMinutes(3);

    public TimeSpan Bounded => TimeSpan.FromSeconds(20);

    public async Task RunAsync(ChaosRun run)
    {
        await using var scene = await Scene.StartAsync(run, processes: 2);
        var work = new RegisterWorkload(run, scene);
        await work.PrepareAsync();
        IFault[] faults =
        [
            new KillApp(scene.Fleet),
            KillServer.Postgres(scene.Stack.Postgres!),
            new FreezeApp(scene.Fleet, (500, 3000)),
            new EndSessions(scene.Stack.Postgres!.ConnectionString("postgres")),
        ];
        var nemesis = new Nemesis(run.History, faults, (1000, 4000), run.SeedOf("nemesis"));
        await run.BreakAsync(nemesis, work.RunAsync, () => $"{nemesis.Count} faults, {work.State}", () => work.Done);
        await work.JudgeAsync();
        run.Sheet.Info("faults", nemesis.Count, "faults");
    }
}
