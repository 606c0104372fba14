using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Tickets.Core.Platform;

namespace Tickets.Tests.Platform;

public class ContentHashTests
{
    [Theory]
    [InlineData("""{"a": 1, "b": 2}""", """{"b":2,"a":1}""")]
    [InlineData("""{"a": {"x": 1, "y": [1, 2]}}""", """{ "a" : { "y" : [ 1 , 2 ] , "x" : 1 } }""")]
    [InlineData("\"\\u0041\\/\\n\"", "\"A/\\u000a\"")]
    [InlineData("{\"\\u0061\": 1}", "{\"a\": 1}")]
    public void The_same_said_otherwise_has_the_same_hash(string one, string other) => Assert.Equal(Hash(one), Hash(other));

    [Theory]
    [InlineData("[1, 2]", "[2, 1]")]
    [InlineData("1", "1.0")]
    [InlineData("1", "\"1\"")]
    [InlineData("null", "\"null\"")]
    [InlineData("""{"a": null}""", "{}")]
    [InlineData("""{"a": {"b": 1}}""", """{"a": {}, "b": 1}""")]
    [InlineData("[[1], 2]", "[[1, 2]]")]
    [InlineData("[\"a\", \"b\"]", "[\"a\\\",\\\"b\"]")]
    [InlineData("\"é\"", "\"e\\u0301\"")]
    [InlineData("[]", "{}")]
    public void What_is_not_the_same_has_another_hash(string one, string other) => Assert.NotEqual(Hash(one), Hash(other));

    [Fact]
    public void The_member_left_out_counts_for_nothing_at_the_top_and_counts_below()
    {
        Assert.Equal(ContentHash.Of(Parse("""{"nonce": 1, "a": 2}"""), exceptMember: "nonce"), ContentHash.Of(Parse("""{"a": 2, "nonce": 3}"""), exceptMember: "nonce"));
        Assert.NotEqual(ContentHash.Of(Parse("""{"a": {"nonce": 1}}"""), exceptMember: "nonce"), ContentHash.Of(Parse("""{"a": {"nonce": 2}}"""), exceptMember: "nonce"));
    }

    [Fact]
    public void The_scope_counts() => Assert.NotEqual(ContentHash.Of(Parse("{}"), scope: "1\n"), ContentHash.Of(Parse("{}"), scope: "2\n"));

    [Fact]
    public void Members_in_any_order_have_the_same_hash_and_a_changed_value_another() =>
        Prop.ForAll(Gen.Choose(0, 9).ListOf().Where(values => values.Count is > 0 and < 20).ToArbitrary(), ArbMap.Default.ArbFor<int>(), (values, seed) =>
        {
            var members = values.Select((value, i) => $"\"m{i}\": {{\"v\": [{value}, \"{value}\"]}}").ToArray();
            var shuffled = members.ToArray();
            new Random(seed).Shuffle(shuffled);
            var changed = members.ToArray();
            changed[Math.Abs(seed % members.Length)] = $"\"m{Math.Abs(seed % members.Length)}\": {{\"v\": [10, \"10\"]}}";

            return Hash($"{{{string.Join(",", members)}}}") == Hash($"{{{string.Join(" , ", shuffled)}}}")
                && Hash($"{{{string.Join(",", members)}}}") != Hash($"{{{string.Join(",", changed)}}}");
        }).QuickCheckThrowOnFailure();

    private static Guid Hash(string json) => ContentHash.Of(Parse(json));

    private static JsonElement Parse(string json) => JsonElement.Parse(json);
}
