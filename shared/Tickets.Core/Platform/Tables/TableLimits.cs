using System.Text;

namespace Tickets.Core.Platform.Tables;

/// <summary>The service's limits, checked before sending: the emulator accepts much that the service refuses.</summary>
internal static class TableLimits
{
    public const int ActionsPerTransaction = 100;
    public const int TransactionBytes = 4 * 1024 * 1024;
    public const int OwnProperties = 252;
    public const int EntityBytes = 1024 * 1024;
    public const int KeyChars = 512;
    public const int PropertyNameChars = 255;

    /// <summary>The documented limit is 64 KiB; the live service has been seen to refuse values slightly below it.</summary>
    public const int PropertyBytes = 60 * 1024;

    public static void CheckTableName(string name)
    {
        if (name.Length is < 3 or > 63 || !char.IsAsciiLetter(name[0]) || !name.All(char.IsAsciiLetterOrDigit))
            throw new ArgumentException($"'{name}' is no table name: 3 to 63 ASCII letters and digits, a letter first.", nameof(name));
    }

    public static void CheckKey(string key, string property)
    {
        if (key.Length > KeyChars)
            throw new ArgumentException($"{property} has {key.Length} characters; the limit is {KeyChars}.", nameof(key));
        foreach (var c in key)
        {
            if (c is '/' or '\\' or '#' or '?' || char.IsControl(c))
                throw new ArgumentException($"{property} '{key}' holds the character U+{(int)c:X4}, which a key may not.", nameof(key));
        }
    }

    public static void CheckEntity(TableEntity entity)
    {
        CheckKey(entity.PartitionKey, nameof(entity.PartitionKey));
        CheckKey(entity.RowKey, nameof(entity.RowKey));
        var own = 0;
        // The service's own accounting: 4 bytes, the keys, and per property 8 bytes, its name and its value, in UTF-16.
        var bytes = 4 + (2 * (entity.PartitionKey.Length + entity.RowKey.Length));
        foreach (var (name, value) in entity)
        {
            if (value is null || name is nameof(entity.PartitionKey) or nameof(entity.RowKey) or nameof(entity.Timestamp))
                continue;
            own++;
            CheckPropertyName(name);
            bytes += 8 + (2 * name.Length) + ValueBytes(name, value);
        }

        if (own > OwnProperties)
            throw new ArgumentException($"The entity has {own} properties; the limit is {OwnProperties}.", nameof(entity));
        if (bytes > EntityBytes)
            throw new ArgumentException($"The entity has {bytes} bytes; the limit is {EntityBytes}.", nameof(entity));
    }

    public static void CheckTransaction(IReadOnlyCollection<TableTransactionAction> actions)
    {
        if (actions.Count is 0 or > ActionsPerTransaction)
            throw new ArgumentException($"A transaction has 1 to {ActionsPerTransaction} actions, not {actions.Count}.", nameof(actions));
        var rows = new HashSet<string>(StringComparer.Ordinal);
        var partition = actions.First().Entity.PartitionKey;
        foreach (var action in actions)
        {
            if (action.Entity.PartitionKey != partition)
                throw new ArgumentException($"A transaction has one partition key, not '{partition}' and '{action.Entity.PartitionKey}'.", nameof(actions));
            if (!rows.Add(action.Entity.RowKey))
                throw new ArgumentException($"Row '{action.Entity.RowKey}' is in the transaction twice.", nameof(actions));
        }
    }

    private static void CheckPropertyName(string name)
    {
        if (name.Length is 0 or > PropertyNameChars || !(char.IsLetter(name[0]) || name[0] == '_') || !name.All(c => char.IsLetterOrDigit(c) || c == '_'))
            throw new ArgumentException($"'{name}' is no property name: letters, digits and _, no digit first, at most {PropertyNameChars}.", nameof(name));
    }

    private static int ValueBytes(string name, object value)
    {
        var bytes = value switch
        {
            string text => Encoding.Unicode.GetByteCount(text),
            byte[] binary => binary.Length,
            Guid => 16,
            bool => 1,
            int => 4,
            _ => 8,
        };
        return bytes <= PropertyBytes
            ? bytes + (value is string or byte[] ? 4 : 0)
            : throw new ArgumentException($"Property '{name}' has {bytes} bytes; the limit is {PropertyBytes}.", nameof(value));
    }
}
