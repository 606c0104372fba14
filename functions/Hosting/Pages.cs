using System.Reflection;

namespace Tickets.Functions.Hosting;

/// <summary>Pages for people: files that are built into the program (<c>functions/Pages</c>) and need nothing from elsewhere.</summary>
internal static class Pages
{
    // Whatever a page shows, nothing of it can become script, and it talks to this server only. The styles of Swagger UI stand in its elements.
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static byte[] Read(string name)
    {
        using var file = Assembly.GetExecutingAssembly().GetManifestResourceStream($"Pages/{name}") ?? throw new InvalidOperationException($"There is no page {name}.");
        using var bytes = new MemoryStream();
        file.CopyTo(bytes);
        return bytes.ToArray();
    }

    public static Task AnswerFile(this HttpContext context, byte[] bytes, string contentType)
    {
        var response = context.Response;
        response.ContentType = contentType;
        response.ContentLength = bytes.Length;
        response.Headers.CacheControl = "no-cache";
        response.Headers.ContentSecurityPolicy = Policy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
        return response.Body.WriteAsync(bytes, context.RequestAborted).AsTask();
    }
}
