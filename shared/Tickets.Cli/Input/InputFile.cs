using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tickets.Cli;

/// <summary>Reads the files that a person names.</summary>
internal static class InputFile
{
    public const string StandardInput = "-";

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true);

    public static string ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path, Strict);
        }
        catch (DecoderFallbackException e)
        {
            throw new UsageException($"{path} is not UTF-8.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path} cannot be read: {e.Message}", e);
        }
    }

    /// <param name="path">A file, or <c>-</c> for standard input.</param>
    /// <param name="terminal">Where standard input comes from.</param>
    public static JsonObject ReadObject(string path, ITerminal terminal)
    {
        var text = path == StandardInput ? terminal.In.ReadToEnd() : ReadText(path);
        var name = path == StandardInput ? "Standard input" : path;
        try
        {
            return JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject
                ?? throw new UsageException($"{name} must be a JSON object.");
        }
        catch (JsonException e)
        {
            throw new UsageException($"{name} is not JSON: {JsonFault.Describe(e)}", e);
        }
    }
}
