namespace Tickets.Bench;

/// <summary>The bench cannot measure what it was asked for; the message says why, for people.</summary>
internal sealed class BenchException(string message) : Exception(message);
