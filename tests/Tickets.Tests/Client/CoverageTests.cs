using System.Reflection;
using Tickets.Client;
using Tickets.Functions;

namespace Tickets.Tests.Client;

/// <summary>A function of the app is of use when the client and the command have it too.</summary>
public class CoverageTests
{
    /// <summary>Each function, the client's method and the command that ask it. OpenAPI's own documents are for browsers and generators.</summary>
    private static readonly (string Function, string Method, string Command)[] Known =
    [
        ("Ping", "PingAsync", "health"), ("HealthLive", "", "health"), ("HealthReady", "GetReadinessAsync", "health"), ("Version", "GetVersionAsync", "health"), ("ReadMetrics", "GetMetricsAsync", "metrics"), ("ReadOverview", "GetOverviewAsync", "overview"),
        ("ListKeys", "ListKeysAsync", "key list"), ("CreateKey", "CreateKeyAsync", "key create"), ("GetKey", "GetKeyAsync", "key get"), ("RotateKey", "RotateKeyAsync", "key rotate"), ("RevokeKey", "RevokeKeyAsync", "key revoke"),
        ("GetCaller", "GetCallerAsync", "key whoami"), ("ReadAudit", "ReadAuditAsync", "audit list"),
        ("GetWorkflows", "ListWorkflowsAsync GetWorkflowAsync", "workflow list"), ("PutWorkflow", "PutWorkflowAsync", "workflow put"), ("GetQueues", "ListQueuesAsync GetQueueAsync", "queue list"), ("PutQueue", "PutQueueAsync", "queue put"),
        ("GetIndexUsage", "GetIndexUsageAsync", "queue index-usage"), ("StartQueueMove", "MoveQueueAsync", "queue move"),
        ("TakeNonces", "TakeNoncesAsync", "nonce take"), ("CreateTicket", "CreateTicketAsync", "ticket create"), ("BulkTickets", "BulkAsync", "ticket bulk"), ("GetTicket", "GetTicketAsync", "ticket get"),
        ("UpdateTicket", "UpdateTicketAsync", "ticket update"), ("AcceptTicket", "AcceptTicketAsync", "ticket accept"), ("FindTickets", "FindAsync FindAllAsync", "ticket find"), ("RestoreTicket", "RestoreTicketAsync", "ticket restore"),
        ("ReadOplog", "GetOplogAsync FollowOplogAsync", "oplog tail"), ("ReadOp", "GetOpAsync", "oplog get"), ("SkipRefusedOp", "SkipOpAsync", "oplog skip"),
        ("StartScan", "StartScanAsync", "cold scan"), ("StartErasure", "EraseTicketsAsync", "ticket erase"), ("StartIndexRebuild", "RebuildColdIndexAsync", "cold rebuild-index"),
        ("ListOperations", "ListOperationsAsync", "operation list"), ("GetOperation", "GetOperationAsync", "operation get"), ("GetOperationResult", "ReadResultAsync", "operation result"), ("CancelOperation", "CancelOperationAsync", "operation cancel"),
        ("ListWebhooks", "ListWebhooksAsync", "webhook list"), ("CreateWebhook", "CreateWebhookAsync", "webhook create"), ("GetWebhook", "GetWebhookAsync", "webhook get"), ("ChangeWebhook", "SetWebhookPausedAsync", "webhook pause"),
        ("RemoveWebhook", "RemoveWebhookAsync", "webhook remove"), ("ReplayWebhook", "ReplayWebhookAsync", "webhook replay"), ("ListDeadDeliveries", "ListDeadDeliveriesAsync", "webhook dead"),
        ("ListOrchestrations", "ListOrchestrationsAsync GetOrchestrationAsync", "orchestration list"), ("OrchestrationHealth", "GetOrchestrationHealthAsync", "orchestration health"), ("TerminateOrchestration", "TerminateOrchestrationAsync", "orchestration terminate"),
        ("ResumeOrchestration", "ResumeOrchestrationAsync", "orchestration resume"), ("RewindOrchestration", "RewindOrchestrationAsync", "orchestration rewind"),
        ("ReadNotifications", "GetNotificationsAsync", "notification list"), ("SweepLifecycles", "SweepLifecyclesAsync", "upkeep sweep"), ("RunArchive", "RunArchiveAsync", "upkeep archive"),
    ];

    private static readonly string[] ForBrowsers = ["OpenApi", "DocsPage", "DocsFile", "OpsPage", "OpsFile"];

    [Fact]
    public void Every_function_has_a_method_and_a_command()
    {
        var functions = AppFunctions.Declare().Http.Select(function => function.Name).Except(ForBrowsers).Order(StringComparer.Ordinal);
        Assert.Equal(functions, Known.Select(known => known.Function).Order(StringComparer.Ordinal));

        var methods = typeof(TicketsClient).GetMethods(BindingFlags.Public | BindingFlags.Instance).Select(method => method.Name).ToHashSet(StringComparer.Ordinal);
        Assert.Empty(Known.SelectMany(known => known.Method.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Except(methods));

        var help = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Cli", "help.golden.txt"));
        Assert.All(Known, known => Assert.Contains($"$ tickets {known.Command} --help\n", help, StringComparison.Ordinal));
    }
}
