using Npgsql;
using NpgsqlTypes;

namespace Tickets.Core.Platform;

/// <summary>Short forms for set-wise statements: one array parameter a column.</summary>
internal static class Sql
{
    public static NpgsqlBatchCommand Command(string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
            command.Parameters.Add(parameter);
        return command;
    }

    public static NpgsqlParameter Value(long value) => new NpgsqlParameter<long> { TypedValue = value };
    public static NpgsqlParameter Value(int value) => new NpgsqlParameter<int> { TypedValue = value };
    public static NpgsqlParameter Value(string value) => new NpgsqlParameter<string> { TypedValue = value };
    public static NpgsqlParameter Value(DateTimeOffset value) => new NpgsqlParameter<DateTime> { TypedValue = value.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz };

    public static NpgsqlParameter Json(string value) => new NpgsqlParameter<string> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Json };

    public static NpgsqlParameter Array(long[] values) => new NpgsqlParameter<long[]> { TypedValue = values };
    public static NpgsqlParameter Array(long?[] values) => new NpgsqlParameter<long?[]> { TypedValue = values };
    public static NpgsqlParameter Array(int[] values) => new NpgsqlParameter<int[]> { TypedValue = values };
    public static NpgsqlParameter Array(int?[] values) => new NpgsqlParameter<int?[]> { TypedValue = values };
    public static NpgsqlParameter Array(string?[] values) => new NpgsqlParameter<string?[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };
    public static NpgsqlParameter Array(Guid[] values) => new NpgsqlParameter<Guid[]> { TypedValue = values };
    public static NpgsqlParameter Array(Guid?[] values) => new NpgsqlParameter<Guid?[]> { TypedValue = values };
    public static NpgsqlParameter Json(string?[] values) => new NpgsqlParameter<string?[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Json };
    public static NpgsqlParameter Times(DateTimeOffset[] values) => new NpgsqlParameter<DateTime[]> { TypedValue = System.Array.ConvertAll(values, value => value.UtcDateTime), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz };
    public static NpgsqlParameter Times(DateTimeOffset?[] values) => new NpgsqlParameter<DateTime?[]> { TypedValue = System.Array.ConvertAll(values, value => value?.UtcDateTime), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz };

    public static string? TextOrNull(this NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetString(ordinal);
    public static long? NumberOrNull(this NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetInt64(ordinal);
    public static DateTimeOffset Time(this NpgsqlDataReader reader, int ordinal) => reader.GetFieldValue<DateTimeOffset>(ordinal);
    public static DateTimeOffset? TimeOrNull(this NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.Time(ordinal);
}
