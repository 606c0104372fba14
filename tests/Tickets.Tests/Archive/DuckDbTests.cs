using System.Globalization;
using System.Text.Json;
using Tickets.Local;

namespace Tickets.Tests.Archive;

/// <summary>A query engine that knows nothing of us reads a part as a table.</summary>
public class DuckDbTests
{
    private const string Package = "@duckdb/node-api@1.5.6-r.1";

    [Fact]
    public async Task DuckDB_reads_every_ticket_of_a_part()
    {
        var home = Repository.PathTo(".local", "duckdb");
        await EnsureInstalledAsync(home);
        var documents = SampleParts.Documents(5_000);
        // Documents of several members, and so many that the index takes several members too.
        var (part, _) = await SampleParts.WriteAsync([.. documents, (documents[^1].Id + 1, SampleParts.Document(documents[^1].Id + 1, new string('y', 200_000)))]);
        var folder = Directory.CreateTempSubdirectory("tickets-duckdb-").FullName;
        try
        {
            await File.WriteAllBytesAsync(Path.Combine(folder, "part.jsonl.gz"), part, TestContext.Current.CancellationToken);
            var script = $$"""
                const { DuckDBInstance } = require('{{home}}/node_modules/@duckdb/node-api');
                (async () => {
                  const connection = await (await DuckDBInstance.create()).connect();
                  const read = await connection.runAndReadAll("select count(*)::varchar n, sum(ticket_id::bigint)::varchar ids, max(length(meta.text))::varchar longest from read_json('{{folder}}/part.jsonl.gz', format = 'newline_delimited')");
                  console.log(JSON.stringify(read.getRowsJson()[0]));
                })();
                """;
            var row = JsonDocument.Parse(await Programs.RunAsync("node", "-e", script)).RootElement;
            Assert.Equal("5001", row[0].GetString());
            Assert.Equal((documents.Sum(document => document.Id) + documents[^1].Id + 1).ToString(CultureInfo.InvariantCulture), row[1].GetString());
            Assert.Equal("200000", row[2].GetString());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Once, beside the packages of the local stack. Where npm has no such package there is nothing to test with.</summary>
    private static async Task EnsureInstalledAsync(string home)
    {
        if (Directory.Exists(Path.Combine(home, "node_modules", "@duckdb", "node-api")))
            return;
        try
        {
            await Programs.RunAsync("npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", Directory.CreateDirectory(home).FullName, Package);
        }
        catch (Exception fault) when (fault is Xunit.Sdk.XunitException or System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"DuckDB cannot be installed here: {fault.Message}");
        }
    }
}
