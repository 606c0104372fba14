namespace Tickets.Chaos;

/// <summary>The run cannot be made at all; the message says why, for people.</summary>
internal sealed class ChaosException(string message) : Exception(message);
