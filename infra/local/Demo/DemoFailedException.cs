namespace Tickets.Local.Demo;

/// <summary>The demo met something that it cannot go on from; the message says what.</summary>
internal sealed class DemoFailedException(string message, Exception? inner = null) : Exception(message, inner);
