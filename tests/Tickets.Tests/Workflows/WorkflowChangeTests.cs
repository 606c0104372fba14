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
    [InlineData("size", "int64", 1, 1)]
    [InlineData("size", "string", 1, 1)]
    [InlineData("size", "int64", 2, 0)]
    public void A_field_keeps_its_type_and_slot_and_no_other_takes_it(string name, string type, int slot, int faults)
    {
        var next = Old with { IndexedFields = Fields((name, type, slot)) };

        Assert.Equal(faults, WorkflowChange.Faults(Old, next).Count);
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
