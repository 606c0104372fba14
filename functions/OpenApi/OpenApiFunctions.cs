using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Tickets.Functions.Hosting;

namespace Tickets.Functions.OpenApi;

/// <summary>The OpenAPI document, and a page to read and try it that needs nothing from elsewhere.</summary>
internal static class OpenApiFunctions
{
    /// <summary><c>Tickets.Functions openapi</c> prints the document.</summary>
    public const string Verb = "openapi";

    // Swagger UI comes inside its package's assembly, compressed.
    private const string Assets = "Swashbuckle.AspNetCore.SwaggerUI.node_modules.swagger_ui_dist.";

    private static readonly JsonSerializerOptions Layout = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Declare(FunctionCatalog functions)
    {
        var document = new Lazy<byte[]>(() => Encoding.UTF8.GetBytes(Text(functions)));
        functions.MapPage("/openapi.json", context => context.AnswerFile(document.Value, "application/json")).WithName("OpenApi").Open().Describes(OpenApiDescriptions.Document);
        functions.MapPage("/docs", context => context.AnswerFile(Page("docs.html"), "text/html; charset=utf-8")).WithName("DocsPage").Open().Describes(OpenApiDescriptions.Page);
        functions.MapPage("/docs/{file}", File).WithName("DocsFile").Open().Describes(OpenApiDescriptions.File);
    }

    internal static string Text(FunctionCatalog functions) => OpenApiDocument.Of(functions, Health.HealthFunctions.VersionText).ToJsonString(Layout);

    private static Task File(HttpContext context) => context.RouteValue("file") switch
    {
        "docs.js" => context.AnswerFile(Page("docs.js"), "text/javascript; charset=utf-8"),
        "swagger-ui.css" => Asset(context, "swagger-ui.css", "text/css; charset=utf-8"),
        "swagger-ui-bundle.js" => Asset(context, "swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
        _ => context.AnswerProblem(HttpProblems.NotFound),
    };

    private static async Task Asset(HttpContext context, string name, string type)
    {
        await using var packed = typeof(Swashbuckle.AspNetCore.SwaggerUI.SwaggerUIOptions).Assembly.GetManifestResourceStream(Assets + name)
            ?? throw new InvalidOperationException($"The package has no {name}.");
        using var file = new MemoryStream();
        await using (var unpacked = new GZipStream(packed, CompressionMode.Decompress))
            await unpacked.CopyToAsync(file, context.RequestAborted);
        await context.AnswerFile(file.ToArray(), type);
    }

    private static byte[] Page(string name) => Pages.Read(name);
}
