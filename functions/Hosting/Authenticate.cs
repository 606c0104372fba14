using Tickets.Core.Access;

namespace Tickets.Functions.Hosting;

/// <summary>The caller that a bearer credential proves, or null. Called for every request: it must not do I/O.</summary>
internal delegate Caller? Authenticate(string credential);
