namespace Tickets.Local;

/// <summary>The stack cannot be started; the message says why and what to do, for people.</summary>
public class LocalStackException(string message) : Exception(message);
