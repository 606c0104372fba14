using Tickets.Contracts;
using Tickets.Core.Workflows;

namespace Tickets.Tests.Workflows;

public class WorkflowChangeTests
{
    private static readonly Workflow Old = new()
    {
        WorkflowId = "w",
        Initial = "open",
        Statuses = new Dictionary<string, WorkflowStatus> { ["open"] = new() { To = ["done"] }, ["done"] = new() { Terminal = true } },
        IndexedFields = Fields(("cost", "int64", 1), ("state", "string", 1)),
    };

    [Fact]
    public void More_statuses_steps_and_fields_are_no_fault()
    {
        var next = Old with
        {
            Initial = "new",
            Statuses = new Dictionary<string, WorkflowStatus>(Old.Statuses) { ["new"] = new() { To = ["open"] }, ["open"] = new() { To = ["done", "new"] } },
            IndexedFields = Fields(("cost", "int64", 1), ("state", "string", 1), ("size", "int64", 2), ("city", "string", 5)),
        };

        Assert.Empty(WorkflowChange.Faults(Old, next));
    }

    [Fact]
    public void Every_status_that_is_gone_is_a_fault()
    {
        var next = Old with { Statuses = new Dictionary<string, WorkflowStatus> { ["new"] = new() { Terminal = true } } };

        Assert.Equal(2, WorkflowChange.Faults(Old, next).Count(fault => fault.Pointer == "/statuses"));
    }

    [Theory]
    [InlineData("cost", "int64", 2, 1)]
    [InlineData("cost", "string", 2, 1)]
    [InlineData("size", "int64", 1, 2)]
    [InlineData("size", "int64", 2, 1)]
    public void A_field_keeps_its_type_and_slot_and_no_other_takes_it(string name, string type, int slot, int faults)
    {
        var next = Old with { IndexedFields = Fields((name, type, slot), ("state", "string", 1)) };

        Assert.Equal(faults, WorkflowChange.Faults(Old, next).Count);
    }

    [Fact]
    public void A_field_that_is_taken_out_is_a_fault_so_that_its_slot_never_gets_another_name()
    {
        Assert.Equal(2, WorkflowChange.Faults(Old, Old with { IndexedFields = null }).Count(fault => fault.Pointer == "/indexed_fields"));
    }

    [Theory]
    [InlineData("open")]
    [InlineData("done")]
    public void A_status_that_becomes_terminal_or_ceases_to_be_is_a_fault(string status)
    {
        var statuses = new Dictionary<string, WorkflowStatus>(Old.Statuses);
        statuses[status] = statuses[status] with { Terminal = status == "open" };

        Assert.Contains($"'{status}' must stay", Assert.Single(WorkflowChange.Faults(Old, Old with { Statuses = statuses })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Saying_that_a_status_is_not_terminal_is_the_same_as_saying_nothing()
    {
        var statuses = new Dictionary<string, WorkflowStatus>(Old.Statuses) { ["open"] = new() { To = ["done"], Terminal = false } };

        Assert.Empty(WorkflowChange.Faults(Old, Old with { Statuses = statuses }));
    }

    [Fact]
    public void Two_fields_that_change_places_are_four_faults()
    {
        var old = Old with { IndexedFields = Fields(("a", "int64", 1), ("b", "int64", 2)) };
        var next = Old with { IndexedFields = Fields(("a", "int64", 2), ("b", "int64", 1)) };

        Assert.Equal(4, WorkflowChange.Faults(old, next).Count);
    }

    private static Dictionary<string, IndexedField> Fields(params (string Name, string Type, int Slot)[] fields) =>
        fields.ToDictionary(field => field.Name, field => new IndexedField(field.Type, field.Slot));
}
