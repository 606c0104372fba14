using System.Text.Encodings.Web;
using System.Text.Json;

namespace Tickets.Core.Platform.Json;

/// <summary>How JSON is written: text as UTF-8 (escaping for HTML is for those who put it into HTML), and content of ours is not checked again.</summary>
internal static class JsonText
{
    public static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
}
