namespace Tickets.Chaos.Scale;

/// <summary>What a year of so many tickets asks for.</summary>
internal sealed record ScaleModel(double TicketsPerYear)
{
    /// <summary>A create, three changes, an acceptance and a look or search.</summary>
    private const double RequestsPerTicket = 6;
    private const double OpsPerTicket = 6; // created, four changes, archived
    /// <summary>The design's burst for 150 million a year; larger years burst in proportion.</summary>
    private const double BurstPerTicketAndYear = 3_000 / 150e6;
    private const double WritesOfRequests = 5.0 / 6;
    private const double DaysInHot = 14; // a week open, a week of retention
    private const double DaysOfLog = 7;
    // Half of a core is left to the runtime and to what else a process does.
    private const double CoresUsed = 0.5;
    private const double CoresPerProcess = 1;

    // Azure's published guidance and list prices of one region, in USD; examples.
    private const double BytesPerMessagingUnitSecond = 4e6;
    private const double BytesPerMessage = 1_000;
    private const double DollarsPerMessagingUnit = 677;
    private const double DollarsPerShard = 270; // 4 vCores, general purpose
    private const double DollarsPerHotGigabyte = 0.12;
    private const double DollarsPerColdGigabyte = 0.01;
    private const double DollarsPerProcess = 60;
    private const double MostConnections = 859; // of a server with 4 vCores

    public double Mean => TicketsPerYear * RequestsPerTicket / (365 * 86_400);

    public double Burst => TicketsPerYear * BurstPerTicketAndYear;

    public double Shards => Math.Max(1, Math.Ceiling(Burst * WritesOfRequests / (Measured.WritesPerShard * Measured.PlannedShare)));

    public double Processes => Math.Max(2, Math.Ceiling(Burst * Measured.AppMicroseconds / 1e6 / (CoresUsed * CoresPerProcess)));

    /// <summary>To each database, when every process knows every shard.</summary>
    public double ConnectionsPerDatabase => Processes * Measured.ConnectionsPerProcess;

    public bool ConnectionsFit => ConnectionsPerDatabase <= MostConnections;

    /// <summary>To publish a burst as fast as it comes; the relay may also take longer.</summary>
    public double MessagingUnits => Math.Max(1, Math.Ceiling(Burst * WritesOfRequests * BytesPerMessage / BytesPerMessagingUnitSecond));

    public double HotGigabytes => ((TicketsPerYear / 365 * DaysInHot * Measured.HotBytes) + (TicketsPerYear / 365 * DaysOfLog * OpsPerTicket * Measured.OpBytes)) / 1e9;

    /// <summary>After five years.</summary>
    public double ColdGigabytes => TicketsPerYear * 5 * Measured.ColdBytes / 1e9;

    /// <summary>A month, after five years.</summary>
    public double Dollars => (Shards * DollarsPerShard) + (Processes * DollarsPerProcess) + (MessagingUnits * DollarsPerMessagingUnit) + (HotGigabytes * DollarsPerHotGigabyte) + (ColdGigabytes * DollarsPerColdGigabyte);
}
