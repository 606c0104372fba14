using System.Text.Json;
using Tickets.Contracts;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Json;

namespace Tickets.Core.Ticketing.Requests;

/// <summary>Reads the body of <c>POST /nonces</c>.</summary>
public static class NoncesRequestReader
{
    private const int MaxNonces = 1000;

    /// <returns>How many nonces are wanted.</returns>
    public static Result<int> Read(JsonElement body)
    {
        var errors = new List<ProblemError>();
        var unknown = new List<ProblemError>();
        var reader = new ObjectReader(body, "", errors);
        var count = reader.Integer("count", 1, MaxNonces) ?? 1;
        reader.Finish(unknown);
        if (unknown.Count > 0)
            return Problems.UnknownMembers(unknown);
        return errors.Count > 0 ? Problems.Invalid(errors) : count;
    }
}
