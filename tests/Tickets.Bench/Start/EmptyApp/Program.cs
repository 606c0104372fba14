var app = WebApplication.CreateBuilder(args).Build();
app.MapGet("/", () => "ok");
// What a flood of the app is compared with: everything is refused, and nothing of it looked at.
if (app.Configuration["Refuse"] is not null)
    app.MapFallback(() => Results.StatusCode(StatusCodes.Status429TooManyRequests));
await app.RunAsync();
