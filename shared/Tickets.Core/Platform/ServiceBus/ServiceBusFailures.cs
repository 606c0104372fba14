using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using Azure;

namespace Tickets.Core.Platform.ServiceBus;

/// <summary>What an answer other than 201 means.</summary>
internal static class ServiceBusFailures
{
    private const int LongestDetail = 500;

    /// <param name="body">XML with a code and a detail as a rule; anything when a gateway answered.</param>
    public static Exception From(int status, string body, TimeSpan? retryAfter)
    {
        var detail = Detail(body);
        var text = $"Service Bus answered {status}: {(detail.Length > 0 ? detail : "no detail")}";
        return (status, detail) switch
        {
            (401, _) => new UnauthorizedAccessException(text),
            // One status for what has nothing in common; the words have to tell.
            (403, var why) when Says(why, "size", "too large") => Failure(ServiceBusFailureReason.MessageSizeExceeded, false),
            (403, var why) when Says(why, "quota", "full") => Failure(ServiceBusFailureReason.QuotaExceeded, false),
            (403, _) => new UnauthorizedAccessException(text),
            (404 or 410, _) => Failure(ServiceBusFailureReason.MessagingEntityNotFound, false),
            (413, _) => Failure(ServiceBusFailureReason.MessageSizeExceeded, false),
            (429 or 503, _) => Failure(ServiceBusFailureReason.ServiceBusy, true),
            (408 or 504, _) => Failure(ServiceBusFailureReason.ServiceTimeout, true),
            ( >= 500, _) => Failure(ServiceBusFailureReason.GeneralError, true),
            _ => Failure(ServiceBusFailureReason.GeneralError, false),
        };

        ServiceBusException Failure(ServiceBusFailureReason reason, bool transient) => new(text, reason, transient) { Status = status, RetryAfter = retryAfter };
    }

    public static ServiceBusException NoAnswer(Exception fault) =>
        new($"Service Bus did not answer: {fault.GetType().Name}", ServiceBusFailureReason.ServiceCommunicationProblem, isTransient: true, fault);

    public static TimeSpan? RetryAfter(Response response) =>
        response.Headers.TryGetValue("Retry-After", out var text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds) : null;

    private static bool Says(string detail, params ReadOnlySpan<string> words)
    {
        foreach (var word in words)
        {
            if (detail.Contains(word, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }

    /// <summary>With the tracking id, which support asks for.</summary>
    private static string Detail(string body)
    {
        var detail = body;
        try
        {
            if (body.AsSpan().TrimStart().StartsWith("<"))
                detail = XDocument.Parse(body).Root?.Elements().FirstOrDefault(element => element.Name.LocalName == "Detail")?.Value ?? body;
        }
        catch (XmlException)
        {
            // Some gateway's page: as it is, then.
        }

        return detail.Length <= LongestDetail ? detail : detail[..LongestDetail];
    }
}
