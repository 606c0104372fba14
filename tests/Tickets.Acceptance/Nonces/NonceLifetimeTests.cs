namespace Tickets.Acceptance.Nonces;

public class NonceLifetimeTests(RunningApp app)
{
    [Fact]
    public async Task A_nonce_past_its_lifetime_is_refused_also_for_a_retry()
    {
        await using var side = await SideApp.StartAsync(app, true, ("Tickets__NonceLifetime", "00:00:02"));
        var queue = await side.NewQueueAsync();
        var nonces = await side.Admin.NoncesAsync(2);
        string Body(string nonce) => $$"""{"nonce": "{{nonce}}", "queue": "{{queue}}"}""";
        (await side.Admin.PostAsync("/tickets", Body(nonces[1]))).Ok();

        await Eventually.IsAsync(async () => (await side.Admin.PostAsync("/tickets", Body(nonces[1]))).Status == 409);

        (await side.Admin.PostAsync("/tickets", Body(nonces[0]))).Problem(409, "invalid_nonce");
        (await side.Admin.PostAsync("/tickets", Body(nonces[1]))).Problem(409, "invalid_nonce");
        (await side.Admin.PostAsync("/tickets", Body(await side.Admin.NonceAsync()))).Ok();
    }
}
