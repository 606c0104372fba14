using System.Text;
using System.Text.Json;
using Tickets.Contracts;

namespace Tickets.Core.Archive.Scan;

/// <summary>One equality on a member of the document, or a test for emptiness.</summary>
/// <param name="Member">A member of the ticket, or of its <c>indexed_meta</c>.</param>
/// <param name="Value">Null: only <paramref name="IsSet"/> counts.</param>
public sealed record ScanTest(string Member, bool IsIndexed, IndexedValue? Value, bool IsSet = true);

/// <summary>
/// Decides of a document whether a scan wants it, reading its text no further than it must: the members that can be asked for stand before the meta blocks, which
/// are most of it.
/// </summary>
internal sealed class ScanFilter
{
    private readonly Test[] _top;
    private readonly Test[] _indexed;

    public ScanFilter(IEnumerable<ScanTest> tests)
    {
        var all = tests.ToList();
        _top = [.. all.Where(test => !test.IsIndexed).Select(test => new Test(test))];
        _indexed = [.. all.Where(test => test.IsIndexed).Select(test => new Test(test))];
    }

    public bool Matches(ReadOnlySpan<byte> document)
    {
        if (_top.Length + _indexed.Length == 0)
            return true;
        var open = _top.Length + (_indexed.Length > 0 ? 1 : 0);
        var reader = new Utf8JsonReader(document);
        reader.Read();
        while (open > 0 && reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (_indexed.Length > 0 && reader.ValueTextEquals("indexed_meta"u8))
            {
                reader.Read();
                if (!MatchesIndexed(ref reader))
                    return false;
                open--;
                continue;
            }

            if (reader.ValueTextEquals("meta"u8))
                break;
            var (asked, failed) = (0, false);
            var name = reader;
            reader.Read();
            foreach (var test in _top)
            {
                if (!name.ValueTextEquals(test.Name))
                    continue;
                asked++;
                failed |= !test.Holds(ref reader);
            }

            if (failed)
                return false;
            open -= asked;
            reader.Skip();
        }

        return open == 0;
    }

    private bool MatchesIndexed(ref Utf8JsonReader reader)
    {
        var holding = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader;
            reader.Read();
            foreach (var test in _indexed)
            {
                if (!name.ValueTextEquals(test.Name))
                    continue;
                if (!test.Holds(ref reader))
                    return false;
                holding++;
            }

            reader.Skip();
        }

        // A field that is not there is empty.
        return holding == _indexed.Count(test => test.IsSet);
    }

    private sealed class Test(ScanTest test)
    {
        private readonly byte[]? _text = test.Value is { } value ? Encoding.UTF8.GetBytes(value.Text ?? value.Number.ToString()) : null;

        public byte[] Name { get; } = Encoding.UTF8.GetBytes(test.Member);
        public bool IsSet => test.IsSet;

        public bool Holds(ref Utf8JsonReader reader)
        {
            if (reader.TokenType == JsonTokenType.Null || !test.IsSet)
                return (reader.TokenType == JsonTokenType.Null) == !test.IsSet;
            return _text is null || reader.TokenType switch
            {
                JsonTokenType.String => reader.ValueTextEquals(_text),
                JsonTokenType.Number => reader.ValueSpan.SequenceEqual(_text),
                _ => false,
            };
        }
    }
}
