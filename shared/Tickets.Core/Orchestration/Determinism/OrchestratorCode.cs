using System.Reflection;
using System.Reflection.Emit;

namespace Tickets.Core.Orchestration.Determinism;

/// <summary>
/// Reads the compiled code of an orchestrator for calls that cannot be replayed. It sees the orchestrator's own methods, its lambdas and their state
/// machines, not what those call elsewhere.
/// </summary>
internal static class OrchestratorCode
{
    private const BindingFlags Everything = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<short, OpCode> OpCodes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => code.Value);

    public static IEnumerable<DeterminismFault> Faults(string orchestrator, Type type) =>
        WithNested(type).SelectMany(part => part.GetMethods(Everything)).SelectMany(method => FaultsIn(orchestrator, method)).Distinct();

    /// <summary>Of a lambda: its own code and that of its state machine.</summary>
    public static IEnumerable<DeterminismFault> Faults(string orchestrator, MethodInfo lambda)
    {
        var machine = lambda.GetCustomAttribute<System.Runtime.CompilerServices.AsyncStateMachineAttribute>()?.StateMachineType;
        return (machine is null ? [lambda] : machine.GetMethods(Everything).Append(lambda)).SelectMany(method => FaultsIn(orchestrator, method)).Distinct();
    }

    private static IEnumerable<Type> WithNested(Type type) => type.GetNestedTypes(BindingFlags.NonPublic | BindingFlags.Public).SelectMany(WithNested).Prepend(type);

    private static IEnumerable<DeterminismFault> FaultsIn(string orchestrator, MethodInfo method)
    {
        var lastWasFalse = false;
        foreach (var (code, token) in Instructions(method.GetMethodBody()?.GetILAsByteArray() ?? []))
        {
            if (token is { } called && Resolve(method, called) is { } member && Rule(member, lastWasFalse) is { } rule)
                yield return new DeterminismFault(orchestrator, rule, $"calls {member.DeclaringType?.Name}.{member.Name}");
            lastWasFalse = code == System.Reflection.Emit.OpCodes.Ldc_I4_0;
        }
    }

    private static string? Rule(MethodBase member, bool lastWasFalse)
    {
        if (member.Name == "ConfigureAwait" && lastWasFalse)
            return DeterminismRules.ConfigureAwait;
        return DeterminismRules.BrokenBy(member.DeclaringType?.FullName?.Split('`')[0] ?? "", member.Name);
    }

    private static MethodBase? Resolve(MethodInfo method, int token)
    {
        try
        {
            return method.Module.ResolveMethod(token, method.DeclaringType?.GetGenericArguments(), method.IsGenericMethod ? method.GetGenericArguments() : null);
        }
        catch (Exception fault) when (fault is ArgumentException or BadImageFormatException or FileNotFoundException or TypeLoadException)
        {
            // What cannot be resolved here cannot be judged here.
            return null;
        }
    }

    /// <summary>Each instruction, with the method's token where it calls one.</summary>
    private static IEnumerable<(OpCode Code, int? Called)> Instructions(byte[] code)
    {
        for (var at = 0; at < code.Length;)
        {
            var op = OpCodes[code[at] == 0xFE ? unchecked((short)((code[at++] << 8) | code[at++])) : code[at++]];
            yield return (op, op.OperandType == OperandType.InlineMethod ? BitConverter.ToInt32(code, at) : null);
            at += op.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
                _ => 4,
            };
        }
    }
}
