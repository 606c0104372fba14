using Tickets.Contracts;

namespace Tickets.Functions.OpenApi;

internal static class OpenApiDescriptions
{
    private const string Tag = "Pages";

    internal static readonly string[] PageHeaders = ["Cache-Control", "Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"];

    public static FunctionDescription Document() => new(Tag, "This document") { Answers = [new(200, "OpenAPI 3.1.", null, """{"openapi": "3.1.1", "info": {"title": "Tickets", "version": "0.1.0"}, "paths": {}}""", PageHeaders) { ContentType = "application/json" }] };

    public static FunctionDescription Page() => new(Tag, "A page to read and try the functions") { Answers = [new(200, "The page.", null, "<!doctype html>", PageHeaders) { ContentType = "text/html; charset=utf-8" }] };

    public static FunctionDescription File() => new(Tag, "A file of the page")
    {
        Answers = [new(200, "The file.", null, "", PageHeaders) { ContentType = "text/javascript; charset=utf-8" }],
        Problems = [ProblemCodes.NotFound],
    };
}
