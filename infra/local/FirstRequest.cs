namespace Tickets.Local;

/// <summary>The request that a newcomer pastes into another terminal.</summary>
internal static class FirstRequest
{
    public static string For(Uri app, string key) => $$"""
        curl -s -X POST {{new Uri(app, "/api/v1/nonces")}} \
          -H 'Authorization: Bearer {{key}}' \
          -H 'Content-Type: application/json' \
          -d '{"count": 3}'
        """;
}
