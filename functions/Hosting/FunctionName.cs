using System.Text.RegularExpressions;

namespace Tickets.Functions.Hosting;

/// <summary>A function's name is its folder in the script root and, for triggers other than HTTP, the path the host calls.</summary>
internal static partial class FunctionName
{
    /// <exception cref="ArgumentException">The host would not load a function of this name.</exception>
    public static string Checked(string name) =>
        Allowed().IsMatch(name) && !string.Equals(name, "host", StringComparison.OrdinalIgnoreCase)
            ? name
            : throw new ArgumentException($"'{name}' is not a function name: a letter, then up to 127 letters, digits, '_' or '-', and not 'host'.");

    [GeneratedRegex(@"\A[a-zA-Z][a-zA-Z0-9_\-]{0,127}\z")]
    private static partial Regex Allowed();
}
