using System.Text.Json;
using Tickets.Contracts;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Json;

namespace Tickets.Core.Workflows;

/// <summary>Reads a workflow from JSON in its long form or in the compact one (L3), and checks it.</summary>
public static class WorkflowReader
{
    /// <returns>The workflow in its long form, or 400 with every fault.</returns>
    public static Result<Workflow> Read(JsonElement body)
    {
        var errors = new List<ProblemError>();
        var unknown = new List<ProblemError>();
        var reader = new ObjectReader(body, "", errors);

        var id = reader.RequiredText("workflow_id", 128);
        if (id is not null && !Names.IsPath(id))
            reader.Fault("workflow_id", $"A workflow id is {Names.PathRule}.");
        var description = reader.Text("description", 4096);
        var initial = reader.Text("initial");
        _ = reader.Any("revision");
        var codes = ReadCodes(reader, errors);
        var statuses = ReadStatuses(reader, codes, errors, unknown);
        if (reader.Any("statuses") is { ValueKind: JsonValueKind.Array })
            initial = codes?.GetValueOrDefault(initial ?? "") ?? initial ?? statuses?.Keys.FirstOrDefault();
        var fields = ReadFields(reader, errors, unknown);
        var indexes = ReadIndexes(reader, errors);
        reader.Finish(unknown);
        if (unknown.Count > 0)
            return Problems.UnknownMembers(unknown);

        var workflow = new Workflow
        {
            WorkflowId = id ?? "",
            Initial = initial,
            Statuses = statuses ?? new Dictionary<string, WorkflowStatus>(),
            IndexedFields = fields,
            Indexes = indexes,
            Description = description,
        };
        if (statuses is not null)
            errors.AddRange(WorkflowCheck.Faults(workflow));
        return errors.Count > 0 ? Problems.InvalidWorkflow(errors) : workflow;
    }

    private static Dictionary<string, WorkflowStatus>? ReadStatuses(ObjectReader reader, IReadOnlyDictionary<string, string>? codes, List<ProblemError> errors, List<ProblemError> unknown)
    {
        switch (reader.Any("statuses"))
        {
            case { ValueKind: JsonValueKind.Array } compact:
                return CompactTransitions.Read(compact, codes, reader.PointerOf("statuses"), errors);
            case { ValueKind: JsonValueKind.Object } statuses:
                return statuses.EnumerateObject().ToDictionary(
                    status => status.Name,
                    status => ReadStatus(status.Value, $"{reader.PointerOf("statuses")}/{status.Name}", errors, unknown),
                    StringComparer.Ordinal);
            default:
                reader.Fault("statuses", "Expected an object of statuses, or the compact form: a list of lists such as [[1,2],[2,3]].");
                return null;
        }
    }

    private static WorkflowStatus ReadStatus(JsonElement value, string pointer, List<ProblemError> errors, List<ProblemError> unknown)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            errors.Add(new ProblemError(pointer, "Expected an object."));
            return new WorkflowStatus();
        }

        var reader = new ObjectReader(value, pointer, errors);
        var status = new WorkflowStatus
        {
            To = reader.Texts("to", WorkflowCheck.MaxStatuses),
            Terminal = reader.Flag("terminal"),
            Resolutions = reader.Texts("resolutions", WorkflowCheck.MaxStatuses),
            ResolutionRequired = reader.Flag("resolution_required"),
            Lifetime = reader.Text("lifetime"),
            RemindEvery = reader.Text("remind_every"),
            Group = reader.Text("group"),
            OnTimeout = reader.Text("on_timeout"),
            Steps = WorkflowSteps.Read(reader, errors, unknown),
            ErrorQueue = reader.Text("error_queue", 128),
            Description = reader.Text("description", 4096),
        };
        reader.Finish(unknown);
        return status;
    }

    private static Dictionary<string, string>? ReadCodes(ObjectReader reader, List<ProblemError> errors)
    {
        if (reader.Object("codes") is not { } codes)
            return null;
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var code in codes.Source.EnumerateObject())
        {
            if (TextValue.Read(code.Value, 64, out var fault) is not { } name)
                errors.Add(new ProblemError(codes.PointerOf(code.Name), fault!));
            else if (names.ContainsValue(name))
                errors.Add(new ProblemError(codes.PointerOf(code.Name), $"'{name}' names two codes."));
            else
                names.Add(code.Name, name);
        }

        return names;
    }

    private static readonly string[] OwnMembers = ["ticket_id", "status", "resolution", "resolution_status", "group", "parent_id"];

    private static Dictionary<string, IndexedField>? ReadFields(ObjectReader reader, List<ProblemError> errors, List<ProblemError> unknown)
    {
        if (reader.Object("indexed_fields") is not { } fields)
            return null;
        var slots = new Dictionary<string, IndexedField>(StringComparer.Ordinal);
        foreach (var field in fields.Source.EnumerateObject())
        {
            var pointer = fields.PointerOf(field.Name);
            if (OwnMembers.Contains(field.Name))
                errors.Add(new ProblemError(pointer, $"'{field.Name}' is what every ticket has; an indexed field needs another name."));
            if (field.Value.ValueKind != JsonValueKind.Object)
            {
                errors.Add(new ProblemError(pointer, "Expected an object with type and slot."));
                continue;
            }

            var slot = new ObjectReader(field.Value, pointer, errors);
            slots.Add(field.Name, new IndexedField(slot.RequiredText("type") ?? "int64", slot.Integer("slot", int.MinValue, int.MaxValue) ?? 0));
            slot.Finish(unknown);
        }

        return slots;
    }

    private static List<IReadOnlyList<string>>? ReadIndexes(ObjectReader reader, List<ProblemError> errors)
    {
        if (reader.List("indexes", 100) is not { } indexes)
            return null;
        var lists = new List<IReadOnlyList<string>>();
        foreach (var index in indexes.EnumerateArray())
        {
            if (index.ValueKind == JsonValueKind.Array && index.EnumerateArray().All(field => field.ValueKind == JsonValueKind.String))
                lists.Add(index.EnumerateArray().Select(field => field.GetString()!).ToList());
            else
                errors.Add(new ProblemError($"{reader.PointerOf("indexes")}/{lists.Count}", "Expected a list of field names."));
        }

        return lists;
    }
}
