using FsCheck;
using FsCheck.Fluent;
using Tickets.Contracts;
using Tickets.Core.Workflows;

namespace Tickets.Tests.Workflows;

public class WorkflowCheckTests
{
    private static readonly Workflow Good = new()
    {
        WorkflowId = "w",
        Initial = "open",
        Statuses = new Dictionary<string, WorkflowStatus>
        {
            ["open"] = new() { To = ["done+fixed", "done", "open-"], Lifetime = "PT4H", RemindEvery = "PT1H", OnTimeout = "done" },
            ["done"] = new() { Terminal = true, Resolutions = ["fixed", "lost"] },
        },
        IndexedFields = new Dictionary<string, IndexedField> { ["cost"] = new("int64", 1), ["state"] = new("string", 1) },
        Indexes = [["state"], ["status", "cost"]],
    };

    [Fact]
    public void A_good_workflow_has_no_faults() => Assert.Empty(WorkflowCheck.Faults(Good));

    [Fact]
    public void Exactly_the_statuses_from_which_no_terminal_one_can_be_reached_are_named() =>
        Prop.ForAll(Graphs().ToArbitrary(), graph =>
        {
            var statuses = graph.Steps.Select((to, i) => (Name: $"s{i}", Status: new WorkflowStatus { To = [.. to.Distinct().Select(target => $"s{target}")], Terminal = graph.Terminal[i] }));

            var faults = WorkflowCheck.Faults(new Workflow { WorkflowId = "w", Initial = "s0", Statuses = statuses.ToDictionary(status => status.Name, status => status.Status) });

            var doomed = Enumerable.Range(0, graph.Steps.Count).Where(start => !Reached(graph, start).Any(i => graph.Terminal[i])).Select(i => $"s{i}").ToList();
            return doomed.Count == 0
                ? faults.Count == 0
                : faults.Count == 1 && faults[0].Message.EndsWith($" from {string.Join(", ", doomed)}.", StringComparison.Ordinal);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Whatever_a_workflow_holds_its_faults_are_told_and_nothing_is_thrown() =>
        Prop.ForAll<string, string, string[]>((name, to, more) =>
        {
            name ??= "";
            var workflow = Good with
            {
                Initial = to,
                Statuses = new Dictionary<string, WorkflowStatus> { [name] = new() { To = [to ?? "", .. (more ?? []).Select(text => text ?? "")], Lifetime = to, Resolutions = [to ?? ""], OnTimeout = name } },
                IndexedFields = new Dictionary<string, IndexedField> { [name] = new(to ?? "", 9) },
                Indexes = [[.. (more ?? []).Select(text => text ?? "")]],
            };
            return WorkflowCheck.Faults(workflow).Count > 0;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void More_statuses_fields_or_indexes_than_there_may_be_are_a_fault()
    {
        var many = Enumerable.Range(0, WorkflowCheck.MaxStatuses + 1).ToDictionary(i => $"s{i}", _ => new WorkflowStatus { Terminal = true });
        Assert.Equal("/statuses", Assert.Single(WorkflowCheck.Faults(new Workflow { WorkflowId = "w", Initial = "s0", Statuses = many })).Pointer);

        var fields = Enumerable.Range(1, 6).ToDictionary(i => $"f{i}", i => new IndexedField("int64", i));
        Assert.Equal("/indexed_fields/f6/slot", Assert.Single(WorkflowCheck.Faults(Good with { IndexedFields = fields, Indexes = null })).Pointer);

        var indexes = Enumerable.Repeat<IReadOnlyList<string>>(["cost"], WorkflowCheck.MaxIndexes + 1).ToList();
        Assert.Equal("/indexes", Assert.Single(WorkflowCheck.Faults(Good with { Indexes = indexes })).Pointer);
    }

    private static HashSet<int> Reached((List<List<int>> Steps, List<bool> Terminal) graph, int start)
    {
        var reached = new HashSet<int>();
        var next = new Stack<int>([start]);
        while (next.TryPop(out var i))
        {
            if (!reached.Add(i))
                continue;
            foreach (var to in graph.Steps[i])
                next.Push(to);
        }

        return reached;
    }

    private static Gen<(List<List<int>> Steps, List<bool> Terminal)> Graphs() =>
        from size in Gen.Choose(1, 8)
        from steps in Gen.Choose(0, size - 1).ListOf().Select(targets => targets.Take(3).ToList()).ListOf(size)
        from terminal in Gen.Frequency((3, Gen.Constant(false)), (1, Gen.Constant(true))).ListOf(size)
        select (steps.ToList(), terminal.ToList());
}
