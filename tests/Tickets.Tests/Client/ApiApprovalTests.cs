using System.Reflection;
using System.Text;
using Tickets.Client;
using Tickets.Contracts;

namespace Tickets.Tests.Client;

public class ApiApprovalTests
{
    /// <summary>A change of the public surface is a change for whoever has built on it: look at the difference, then copy api.actual.txt over api.approved.txt.</summary>
    [Fact]
    public async Task The_public_surface_of_the_client_is_the_approved_one()
    {
        var actual = new StringBuilder();
        foreach (var assembly in new[] { typeof(Ticket).Assembly, typeof(TicketsClient).Assembly })
        {
            foreach (var type in assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal))
                Describe(actual, type);
        }

        var folder = Path.Combine(AppContext.BaseDirectory, "Client");
        await File.WriteAllTextAsync(Path.Combine(folder, "api.actual.txt"), actual.ToString(), TestContext.Current.CancellationToken);
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(folder, "api.approved.txt"), TestContext.Current.CancellationToken), actual.ToString());
    }

    private static void Describe(StringBuilder text, Type type)
    {
        text.Append(Kind(type)).Append(' ').Append(type.FullName);
        if (type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType) && parent != typeof(Enum))
            text.Append(" : ").Append(Name(parent));
        text.Append('\n');
        const BindingFlags Own = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        // What every record gets from the compiler tells nothing.
        var lines = type.GetMembers(Own).Where(member => !IsOfEveryRecord(member)).Select(Line).OfType<string>().Distinct().Order(StringComparer.Ordinal);
        foreach (var line in lines)
            text.Append("  ").Append(line).Append('\n');
    }

    private static string Kind(Type type) => type.IsEnum ? "enum" : type.IsInterface ? "interface" : type.IsValueType ? "struct" : type is { IsAbstract: true, IsSealed: true } ? "static class" : type.IsAbstract ? "abstract class" : type.IsSealed ? "sealed class" : "class";

    private static bool IsOfEveryRecord(MemberInfo member) =>
        member.Name is "Equals" or "GetHashCode" or "ToString" or "<Clone>$" or "Deconstruct" or "op_Equality" or "op_Inequality" or "EqualityContract" or "PrintMembers" or "GeneratedSerializerOptions"
        || typeof(TicketsJson).IsAssignableFrom(member.DeclaringType)
        || (member is ConstructorInfo constructor && constructor.GetParameters() is [var copied] && copied.ParameterType == member.DeclaringType);

    private static string? Line(MemberInfo member) => member switch
    {
        ConstructorInfo made => $"new({Parameters(made)})",
        MethodInfo { IsSpecialName: true } => null,
        MethodInfo method => $"{(method.IsStatic ? "static " : "")}{Name(method.ReturnType)} {method.Name}({Parameters(method)})",
        PropertyInfo property => $"{(property.GetMethod!.IsStatic ? "static " : "")}{Name(property.PropertyType)} {property.Name} {{ get;{(property.SetMethod is { IsPublic: true } ? " init;" : "")} }}",
        FieldInfo { IsSpecialName: true } => null,
        FieldInfo { IsLiteral: true } constant => $"const {Name(constant.FieldType)} {constant.Name} = {constant.GetRawConstantValue()}",
        FieldInfo field => $"{(field.IsStatic ? "static " : "")}{Name(field.FieldType)} {field.Name}",
        _ => null,
    };

    private static string Parameters(MethodBase method) =>
        string.Join(", ", method.GetParameters().Select(parameter => $"{Name(parameter.ParameterType)} {parameter.Name}{(parameter.HasDefaultValue ? " = " + (parameter.DefaultValue ?? "default") : "")}"));

    private static string Name(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } value)
            return Name(value) + "?";
        if (!type.IsGenericType)
            return type.IsByRef ? Name(type.GetElementType()!) + "&" : type.Name;
        return $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>";
    }
}
