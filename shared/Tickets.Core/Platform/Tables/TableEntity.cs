using System.Collections;
using System.Globalization;
using Azure;

namespace Tickets.Core.Platform.Tables;

/// <summary>
/// A row as a bag of named values: <see cref="string"/>, <see cref="bool"/>, <see cref="int"/>, <see cref="long"/>, <see cref="double"/>,
/// <see cref="DateTimeOffset"/>, <see cref="Guid"/> or <c>byte[]</c>. Nulls are not stored.
/// </summary>
public sealed class TableEntity : ITableEntity, IEnumerable<KeyValuePair<string, object?>>
{
    private readonly Dictionary<string, object?> _values = new(StringComparer.Ordinal);

    public TableEntity()
    {
    }

    public TableEntity(string partitionKey, string rowKey)
    {
        PartitionKey = partitionKey;
        RowKey = rowKey;
    }

    public string PartitionKey
    {
        get => GetString(nameof(PartitionKey)) ?? "";
        set => _values[nameof(PartitionKey)] = value;
    }

    public string RowKey
    {
        get => GetString(nameof(RowKey)) ?? "";
        set => _values[nameof(RowKey)] = value;
    }

    public DateTimeOffset? Timestamp
    {
        get => GetDateTimeOffset(nameof(Timestamp));
        set => _values[nameof(Timestamp)] = value;
    }

    public ETag ETag { get; set; }

    public object? this[string key]
    {
        get => _values.GetValueOrDefault(key);
        set => _values[key] = value;
    }

    public ICollection<string> Keys => _values.Keys;
    public int Count => _values.Count;
    public void Add(string key, object? value) => _values.Add(key, value);
    public bool Remove(string key) => _values.Remove(key);
    public bool ContainsKey(string key) => _values.ContainsKey(key);

    public string? GetString(string key) => (string?)this[key];
    public byte[]? GetBinary(string key) => (byte[]?)this[key];
    public bool? GetBoolean(string key) => (bool?)this[key];
    public int? GetInt32(string key) => (int?)this[key];
    public double? GetDouble(string key) => (double?)this[key];
    public Guid? GetGuid(string key) => (Guid?)this[key];

    /// <summary>An int64; a value stored as int32 is widened.</summary>
    public long? GetInt64(string key) => this[key] is { } value ? Convert.ToInt64(value, CultureInfo.InvariantCulture) : null;

    public DateTimeOffset? GetDateTimeOffset(string key) => (DateTimeOffset?)this[key];

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => _values.GetEnumerator();
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
