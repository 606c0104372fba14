using System.Text.Json.Nodes;
using Tickets.Functions;
using Tickets.Functions.OpenApi;
using Tickets.Local;

namespace Tickets.Acceptance.Pages;

/// <summary>The pages for people, in a real browser that reaches nothing but this machine.</summary>
public class PagesTests(RunningApp app)
{
    private const string NoBrowser = "There is no Chromium on this machine: install the package chromium to run this test.";

    [Fact]
    public async Task The_document_is_served_as_the_code_makes_it()
    {
        using var http = new HttpClient();
        var served = JsonNode.Parse(await http.GetStringAsync(new Uri(app.Admin.Address, "/api/openapi.json")));

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(OpenApiFunctions.Text(AppFunctions.Declare())), served));
    }

    [Theory]
    [InlineData("/api/docs")]
    [InlineData("/api/docs/docs.js")]
    [InlineData("/api/docs/swagger-ui.css")]
    [InlineData("/api/docs/swagger-ui-bundle.js")]
    [InlineData("/api/ops")]
    [InlineData("/api/ops/ops.js")]
    [InlineData("/api/ops/ops.css")]
    public async Task Pages_and_their_files_are_served_with_a_policy_that_keeps_them_to_this_server(string path)
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri(app.Admin.Address, path));

        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Contains("default-src 'none'", Assert.Single(answer.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        Assert.NotEmpty(await answer.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task The_functions_can_be_read_and_tried_with_a_key_and_without_the_internet()
    {
        Assert.SkipWhen(Browser.Find() is null, NoBrowser);
        await using var browser = await Browser.OpenAsync(Browser.Find()!, new Uri(app.Admin.Address, "/api/docs"));

        await browser.WaitForAsync($"document.querySelectorAll('.opblock').length === {AppFunctions.Declare().Http.Count}");
        await browser.WaitForAsync("document.querySelector('.btn.authorize')");
        await SaveAsync(browser, "docs-page.png");
        await browser.EvaluateAsync($"ui.preauthorizeApiKey('key', '{app.Admin.Key}'); document.querySelector('#operations-Access-GetCaller .opblock-summary-control').click()");
        await browser.WaitForAsync("document.querySelector('#operations-Access-GetCaller .execute')");
        await browser.EvaluateAsync("document.querySelector('#operations-Access-GetCaller .execute').click()");
        await browser.WaitForAsync("document.querySelector('#operations-Access-GetCaller .live-responses-table tbody .response-col_status')?.textContent.includes('200')");
        Assert.Contains("admin", (await browser.EvaluateAsync("document.querySelector('#operations-Access-GetCaller .live-responses-table').textContent"))!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task The_operations_page_asks_for_a_key_shows_the_system_and_keeps_it_fresh()
    {
        Assert.SkipWhen(Browser.Find() is null, NoBrowser);
        var queue = await app.NewQueueAsync(below: "shown");
        await app.Admin.CreateAsync(queue);
        await using var browser = await Browser.OpenAsync(Browser.Find()!, new Uri(app.Admin.Address, "/api/ops"));
        async Task EnterAsync(string key)
        {
            // The form is there before its script is.
            await browser.WaitForAsync("location.pathname === '/api/ops' && document.readyState === 'complete'");
            await browser.EvaluateAsync($"document.getElementById('key').value = '{key}'; document.getElementById('enter').requestSubmit()");
        }

        await EnterAsync((await app.AsAsync(Role.Robot)).Key!);
        await browser.WaitForAsync("document.getElementById('state').textContent.includes('operate')");
        // Not there for the eye either, whatever the styles say.
        Assert.Equal("none", (await browser.EvaluateAsync("getComputedStyle(document.getElementById('system')).display"))!.GetValue<string>());
        await EnterAsync((await app.AsAsync(Role.Operator)).Key!);
        await browser.WaitForAsync($"[...document.querySelectorAll('#queues tr')].some(row => row.textContent.includes('{queue}') && row.textContent.includes('reported 1'))");
        await app.Admin.CreateAsync(queue);
        await browser.WaitForAsync($"[...document.querySelectorAll('#queues tr')].some(row => row.textContent.includes('{queue}') && row.textContent.includes('reported 2'))");
        Assert.Equal(app.Stack.Shards.Count, (await browser.EvaluateAsync("document.querySelectorAll('#shards tbody tr').length"))!.GetValue<int>());
        await SaveAsync(browser, "operations-page.png");
        Assert.Empty(browser.Complaints);
        // Nothing of the key is left where a later visitor could find it.
        Assert.Equal("", (await browser.EvaluateAsync("document.getElementById('key').value + JSON.stringify({...localStorage, ...sessionStorage}).replace('{}', '') + document.cookie"))!.GetValue<string>());
    }

    /// <summary>With TICKETS_SCREENSHOTS set the pictures of the documentation are taken anew.</summary>
    private static async Task SaveAsync(Browser browser, string name)
    {
        var picture = await browser.ScreenshotAsync();
        Assert.True(picture.Length > 10_000);
        if (Environment.GetEnvironmentVariable("TICKETS_SCREENSHOTS") is not null)
            await File.WriteAllBytesAsync(Repository.PathTo("docs", "images", name), picture);
    }
}
