using System.Text;

namespace Tickets.Core.Archive.Index;

/// <summary>
/// A queue's name as table key and as one segment of a blob name, neither of which may hold <c>/ \ # ?</c>. ASCII letters, digits and <c>- _ .</c>
/// stay, <c>/</c> becomes <c>~</c>, and every other byte of the UTF-8 form becomes <c>!XX</c> (two upper-case hex digits).
/// </summary>
internal static class QueueKey
{
    /// <exception cref="ArgumentException">The name is empty, or too long as a key (512 characters).</exception>
    public static string Escape(string queue)
    {
        var key = new StringBuilder(queue.Length + 8);
        foreach (var b in Encoding.UTF8.GetBytes(queue))
        {
            if (char.IsAsciiLetterOrDigit((char)b) || (char)b is '-' or '_' or '.')
                key.Append((char)b);
            else if (b == '/')
                key.Append('~');
            else
                key.Append('!').Append(b.ToString("X2"));
        }

        return key.Length is > 0 and <= 512
            ? key.ToString()
            : throw new ArgumentException($"The queue name '{queue}' has {key.Length} characters as a key; 1 to 512 are possible.", nameof(queue));
    }

    /// <exception cref="FormatException">No queue name escapes to this.</exception>
    public static string Unescape(string key)
    {
        var bytes = new List<byte>(key.Length);
        for (var i = 0; i < key.Length; i++)
        {
            if (key[i] == '!' && i + 2 < key.Length)
            {
                bytes.Add(Convert.FromHexString(key.AsSpan(i + 1, 2))[0]);
                i += 2;
            }
            else
            {
                bytes.Add(key[i] == '~' ? (byte)'/' : (byte)key[i]);
            }
        }

        var queue = Encoding.UTF8.GetString([.. bytes]);
        return key.Length > 0 && Escape(queue) == key ? queue : throw new FormatException($"'{key}' is not the key of a queue.");
    }
}
