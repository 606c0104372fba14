using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Tickets.Core.Orchestration.Determinism;

namespace Tickets.Core.Orchestration;

/// <summary>The orchestrators and activities of a process, by name and version. Work of a name that is not here waits for a process that has it.</summary>
public sealed class DurableTaskRegistry
{
    private readonly Dictionary<(string Name, string Version), Func<IServiceProvider, ITaskOrchestrator>> _orchestrators = [];
    private readonly Dictionary<string, Func<IServiceProvider, ITaskActivity>> _activities = [];

    internal string[] OrchestratorNames => _orchestrators.Keys.Select(key => key.Name).Distinct(StringComparer.Ordinal).ToArray();
    internal string[] ActivityNames => [.. _activities.Keys];

    /// <summary>Determinism mistakes seen in the code of the orchestrators: a rule's name and where it is broken.</summary>
    public IReadOnlyList<DeterminismFault> Faults { get; private set; } = [];

    public DurableTaskRegistry AddOrchestrator<T>()
        where T : class, ITaskOrchestrator
    {
        var named = typeof(T).GetCustomAttribute<DurableTaskAttribute>();
        return AddOrchestrator(named?.Name ?? typeof(T).Name, named?.Version ?? "", typeof(T), static services => ActivatorUtilities.CreateInstance<T>(services));
    }

    public DurableTaskRegistry AddOrchestrator(TaskName name, ITaskOrchestrator orchestrator) => AddOrchestrator(name, "", orchestrator.GetType(), _ => orchestrator);

    public DurableTaskRegistry AddOrchestratorFunc<TInput, TOutput>(TaskName name, Func<TaskOrchestrationContext, TInput, Task<TOutput>> run) => AddOrchestratorFunc(name, "", run);

    public DurableTaskRegistry AddOrchestratorFunc<TInput, TOutput>(TaskName name, string version, Func<TaskOrchestrationContext, TInput, Task<TOutput>> run)
    {
        Faults = [.. Faults, .. OrchestratorCode.Faults(name.Name, run.Method)];
        return Add(name, version, _ => new OrchestratorFunc<TInput, TOutput>(run));
    }

    public DurableTaskRegistry AddActivity<T>()
        where T : class, ITaskActivity =>
        AddActivity(typeof(T).GetCustomAttribute<DurableTaskAttribute>()?.Name ?? typeof(T).Name, static services => ActivatorUtilities.CreateInstance<T>(services));

    public DurableTaskRegistry AddActivity(TaskName name, Func<IServiceProvider, ITaskActivity> make)
    {
        if (!_activities.TryAdd(name.Key, make))
            throw new ArgumentException($"There is already an activity '{name}'.", nameof(name));
        return this;
    }

    public DurableTaskRegistry AddActivityFunc<TInput, TOutput>(TaskName name, Func<TaskActivityContext, TInput, Task<TOutput>> run) =>
        AddActivity(name, _ => new ActivityFunc<TInput, TOutput>(run));

    /// <returns>Null when no registered orchestrator serves this version.</returns>
    internal ITaskOrchestrator? Orchestrator(TaskName name, string version, IServiceProvider services) =>
        _orchestrators.TryGetValue((name.Key, version), out var make) || _orchestrators.TryGetValue((name.Key, ""), out make) ? make(services) : null;

    internal ITaskActivity? Activity(TaskName name, IServiceProvider services) => _activities.TryGetValue(name.Key, out var make) ? make(services) : null;

    internal bool HasActivity(TaskName name) => _activities.ContainsKey(name.Key);

    private DurableTaskRegistry AddOrchestrator(TaskName name, string version, Type type, Func<IServiceProvider, ITaskOrchestrator> make)
    {
        Faults = [.. Faults, .. OrchestratorCode.Faults(name.Name, type)];
        return Add(name, version, make);
    }

    private DurableTaskRegistry Add(TaskName name, string version, Func<IServiceProvider, ITaskOrchestrator> make)
    {
        if (!_orchestrators.TryAdd((name.Key, version), make))
            throw new ArgumentException($"There is already an orchestrator '{name}' of version '{version}'.", nameof(name));
        return this;
    }

    private sealed class OrchestratorFunc<TInput, TOutput>(Func<TaskOrchestrationContext, TInput, Task<TOutput>> run) : TaskOrchestrator<TInput, TOutput>
    {
        public override Task<TOutput> RunAsync(TaskOrchestrationContext context, TInput input) => run(context, input);
    }

    private sealed class ActivityFunc<TInput, TOutput>(Func<TaskActivityContext, TInput, Task<TOutput>> run) : TaskActivity<TInput, TOutput>
    {
        public override Task<TOutput> RunAsync(TaskActivityContext context, TInput input) => run(context, input);
    }
}
