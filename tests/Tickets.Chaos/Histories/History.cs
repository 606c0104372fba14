using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tickets.Chaos.Histories;

/// <summary>Takes down what is done and what comes of it, in memory and as a file of JSON lines that is there also when the run dies.</summary>
internal sealed class History : IDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private readonly Lock _lock = new();
    private readonly List<HistoryEvent> _events = [];
    private readonly StreamWriter _file;
    private readonly long _began = Stopwatch.GetTimestamp();
    private long _number;

    public History(string path)
    {
        Path = path;
        _file = new StreamWriter(path);
    }

    public string Path { get; }

    /// <summary>Microseconds since the history began.</summary>
    public long Now => (long)Stopwatch.GetElapsedTime(_began).TotalMicroseconds;

    /// <returns>The operation's number, for <see cref="End"/>.</returns>
    public long Begin(int process, string op, string key, string? value = null, long? expected = null)
    {
        var number = Interlocked.Increment(ref _number);
        Add(new HistoryEvent(Now, number, process, EventKind.Invoke, op, key, value, Expected: expected));
        return number;
    }

    public void End(long number, int process, EventKind kind, string op, string key, string? value = null, long? version = null, string? detail = null) =>
        Add(new HistoryEvent(Now, number, process, kind, op, key, value, version, Detail: detail));

    public IReadOnlyList<HistoryEvent> Events()
    {
        lock (_lock)
            return [.. _events];
    }

    public IReadOnlyList<Operation> Operations() => Operation.Of(Events());

    public static IEnumerable<HistoryEvent> Read(string path) => File.ReadLines(path).Select(line => JsonSerializer.Deserialize<HistoryEvent>(line, Json)!);

    public void Dispose() => _file.Dispose();

    private void Add(HistoryEvent each)
    {
        var line = JsonSerializer.Serialize(each, Json);
        lock (_lock)
        {
            _events.Add(each);
            _file.WriteLine(line);
        }
    }
}
