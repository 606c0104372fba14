using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Xml;
using System.Xml.Linq;
using Azure;
using Azure.Core;

namespace Tickets.Core.Platform.Tables;

/// <summary>Finds the service's error code: OData JSON as a rule, XML for refused credentials, at least a header.</summary>
internal sealed class TableRequestFailedDetailsParser : RequestFailedDetailsParser
{
    public override bool TryParse(Response response, [NotNullWhen(true)] out ResponseError? error, out IDictionary<string, string>? data)
    {
        data = null;
        error = Parse(response.Content?.ToString() ?? "");
        if (error is null && response.Headers.TryGetValue("x-ms-error-code", out var code))
            error = new ResponseError(code, response.ReasonPhrase);
        return error is not null;
    }

    public static ResponseError? Parse(string body) => body.AsSpan().TrimStart() switch
    {
        ['{', ..] => FromJson(body),
        ['<', ..] => FromXml(body),
        _ => null,
    };

    private static ResponseError? FromJson(string body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            if (!document.RootElement.TryGetProperty("odata.error", out var error))
                return null;
            var message = error.TryGetProperty("message", out var text) && text.TryGetProperty("value", out var value) ? value.GetString() : null;
            return new ResponseError(error.GetProperty("code").GetString(), message);
        }
        catch (JsonException)
        {
            // Some gateway's page that happens to start with a brace: the status alone has to say it.
            return null;
        }
    }

    private static ResponseError? FromXml(string body)
    {
        try
        {
            var error = XDocument.Parse(body).Root;
            var code = error?.Elements().FirstOrDefault(e => e.Name.LocalName.Equals("code", StringComparison.OrdinalIgnoreCase))?.Value;
            var message = error?.Elements().FirstOrDefault(e => e.Name.LocalName.Equals("message", StringComparison.OrdinalIgnoreCase))?.Value;
            return code is null ? null : new ResponseError(code, message);
        }
        catch (XmlException)
        {
            // An HTML page of some gateway: the status alone has to say it.
            return null;
        }
    }
}
