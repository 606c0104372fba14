using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Azure;
using Azure.Core;

namespace Tickets.Core.Platform.Tables;

/// <summary>An entity group transaction on the wire: HTTP requests inside one changeset of a multipart body.</summary>
internal static partial class TableBatch
{
    // Boundaries need only not occur in the body; JSON has no line that starts so.
    private const string BatchBoundary = "batch_tickets";
    private const string ChangesetBoundary = "changeset_tickets";

    public static (string ContentType, ReadOnlyMemory<byte> Body) Write(
        IReadOnlyList<TableTransactionAction> actions, Func<TableTransactionAction, string> uri)
    {
        var body = new ArrayBufferWriter<byte>(4096);
        Line($"--{BatchBoundary}");
        Line($"Content-Type: multipart/mixed; boundary={ChangesetBoundary}");
        Line("");
        for (var i = 0; i < actions.Count; i++)
            WriteAction(actions[i], i);
        Line($"--{ChangesetBoundary}--");
        Line($"--{BatchBoundary}--");
        if (body.WrittenCount > TableLimits.TransactionBytes)
            throw new ArgumentException($"The transaction has {body.WrittenCount} bytes; the limit is {TableLimits.TransactionBytes}.", nameof(actions));
        return ($"multipart/mixed; boundary={BatchBoundary}", body.WrittenMemory);

        void WriteAction(TableTransactionAction action, int index)
        {
            Line($"--{ChangesetBoundary}");
            Line("Content-Type: application/http");
            Line("Content-Transfer-Encoding: binary");
            Line("");
            Line($"{Method(action.ActionType)} {uri(action)} HTTP/1.1");
            Line($"Content-ID: {index}");
            Line($"Accept: {TableEntityJson.ContentType}");
            Line("DataServiceVersion: 3.0");
            if (action.ActionType is TableTransactionActionType.UpdateMerge or TableTransactionActionType.UpdateReplace or TableTransactionActionType.Delete)
                Line($"If-Match: {(action.ETag == default ? ETag.All.ToString() : action.ETag.ToString("H"))}");
            if (action.ActionType == TableTransactionActionType.Delete)
            {
                Line("");
                return;
            }

            TableLimits.CheckEntity(action.Entity);
            if (action.ActionType == TableTransactionActionType.Add)
                Line("Prefer: return-no-content");
            Line("Content-Type: application/json");
            Line("");
            body.Write(TableEntityJson.Write(action.Entity).Span);
            Line("");
        }

        void Line(string text)
        {
            Encoding.UTF8.GetBytes(text, body);
            body.Write("\r\n"u8);
        }
    }

    /// <summary>One response per action, or the one refusal that stands for all.</summary>
    public static IReadOnlyList<Response> Read(Response response, int actions)
    {
        var text = response.Content.ToString();
        var parts = Status().Matches(text);
        var answers = new List<Response>(parts.Count);
        for (var i = 0; i < parts.Count; i++)
        {
            var end = i + 1 < parts.Count ? parts[i + 1].Index : text.Length;
            var status = int.Parse(parts[i].Groups["status"].ValueSpan, CultureInfo.InvariantCulture);
            var part = text[parts[i].Index..end];
            if (status >= 400)
                throw Refused(status, part);
            answers.Add(new TableBatchResponse(status, part));
        }

        return answers.Count == actions
            ? answers
            : throw new RequestFailedException(response.Status, $"The transaction of {actions} actions was answered with {answers.Count} parts.");
    }

    private static TableTransactionFailedException Refused(int status, string part)
    {
        var start = part.IndexOf('{', StringComparison.Ordinal);
        var end = part.LastIndexOf('}');
        var error = start >= 0 && end > start ? TableRequestFailedDetailsParser.Parse(part[start..(end + 1)]) : null;
        // The message starts with the index of the action: "7:The specified entity already exists."
        var index = error?.Message is { } message && FailedAction().Match(message) is { Success: true } match
            ? int.Parse(match.Groups["index"].ValueSpan, CultureInfo.InvariantCulture)
            : (int?)null;
        return new TableTransactionFailedException(new RequestFailedException(status, error?.Message ?? part, error?.Code, null), index);
    }

    private static string Method(TableTransactionActionType action) => action switch
    {
        TableTransactionActionType.Add => "POST",
        TableTransactionActionType.UpdateMerge or TableTransactionActionType.UpsertMerge => "PATCH",
        TableTransactionActionType.UpdateReplace or TableTransactionActionType.UpsertReplace => "PUT",
        _ => "DELETE",
    };

    [GeneratedRegex(@"^HTTP/1\.1 (?<status>\d{3})", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Status();

    [GeneratedRegex(@"^(?<index>\d+):", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex FailedAction();
}
