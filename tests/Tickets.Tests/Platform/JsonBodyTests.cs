using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Tickets.Contracts;
using Tickets.Core.Platform.Json;

namespace Tickets.Tests.Platform;

public class JsonBodyTests
{
    [Fact]
    public void Any_bytes_are_a_document_or_malformed_and_never_throw() =>
        Prop.ForAll<byte[]>(bytes => Tell(bytes ?? [])).QuickCheckThrowOnFailure();

    [Fact]
    public void A_document_with_any_byte_changed_is_a_document_or_malformed_and_never_throws() =>
        Prop.ForAll<NonNegativeInt, byte>((at, value) =>
        {
            var bytes = Encoding.UTF8.GetBytes("""{"a": [1.5e3, "\ud83d\ude00é", null, true], "\u0062": {"c": "x"}}""");
            bytes[at.Get % bytes.Length] = value;
            return Tell(bytes);
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void A_body_is_at_most_64_levels_deep(int levels, bool good)
    {
        var json = $"{{\"a\": {new string('[', levels - 1)}{new string(']', levels - 1)}}}";

        Assert.Equal(good, !JsonBody.Parse(Encoding.UTF8.GetBytes(json)).IsProblem);
    }

    private static bool Tell(byte[] bytes)
    {
        var result = JsonBody.Parse(bytes);
        using var document = result.Value;
        return result.IsProblem ? result.Problem.Code == ProblemCodes.MalformedJson : document!.RootElement.EnumerateObject().Count() >= 0;
    }
}
