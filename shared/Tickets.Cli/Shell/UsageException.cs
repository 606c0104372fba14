namespace Tickets.Cli;

/// <summary>The person asked for something that cannot be; the message says what is wrong and what would be right.</summary>
internal sealed class UsageException(string message, Exception? inner = null) : Exception(message, inner);
