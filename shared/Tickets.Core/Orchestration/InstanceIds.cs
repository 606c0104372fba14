namespace Tickets.Core.Orchestration;

/// <summary>What an orchestration may be called.</summary>
internal static class InstanceIds
{
    /// <summary>Of ids that callers give; those that are made from a parent's grow with the depth.</summary>
    public const int MaxGiven = 256;

    private const int Max = 1_024;

    /// <exception cref="ArgumentException">It is empty, too long, or has characters that cannot be printed.</exception>
    public static void Check(string id, string parameter, int most = Max)
    {
        if (id.Length == 0 || id.Length > most || id.Any(char.IsControl))
            throw new ArgumentException($"An instance id has 1 to {most} characters and none that cannot be printed.", parameter);
    }
}
