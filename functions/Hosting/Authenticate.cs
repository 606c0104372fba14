using Tickets.Core.Access;

namespace Tickets.Functions.Hosting;

/// <summary>The caller that a request proves, or null. Called for every request: it answers without I/O but for the rare look for an issuer's new keys.</summary>
internal delegate ValueTask<Caller?> Authenticate(HttpRequest request);

/// <summary>Whether a caller may make one more request now; null when nothing limits it.</summary>
internal delegate RequestAllowance? LimitRequests(Caller caller);
