using Tickets.Core.Access;
using Tickets.Functions.Hosting;

namespace Tickets.Tests.Hosting;

public class FunctionCatalogTests
{
    [Fact]
    public void Two_functions_may_share_a_path_but_not_its_method()
    {
        var functions = new FunctionCatalog();
        functions.MapGet("/queues/{queue}", Nothing).WithName("GetQueue").Requires(Permission.Read);
        functions.MapPut("/queues/{name}", Nothing).WithName("PutQueue").Requires(Permission.Administer);
        functions.Validate();

        functions.MapGet("/queues/{other}", Nothing).WithName("GetQueueAgain").Requires(Permission.Read);
        Assert.Contains("route", Assert.Throws<InvalidOperationException>(functions.Validate).Message);
    }

    [Fact]
    public void Names_are_unique_whatever_their_case_because_they_are_folders()
    {
        var functions = new FunctionCatalog();
        functions.MapGet("/a", Nothing).WithName("Sweep").Open();
        functions.MapTimer("sweep", "0 0 * * * *", (_, _, _) => Task.CompletedTask);
        Assert.Contains("name", Assert.Throws<InvalidOperationException>(functions.Validate).Message);
    }

    [Fact]
    public void A_function_says_who_may_call_it()
    {
        var functions = new FunctionCatalog();
        functions.MapGet("/a", Nothing).WithName("A");
        Assert.Contains("permission", Assert.Throws<InvalidOperationException>(functions.Validate).Message);
    }

    [Fact]
    public void A_catch_all_route_is_refused_because_it_could_reach_the_hosts_endpoints()
    {
        var functions = new FunctionCatalog();
        functions.MapGet("/files/{*path}", Nothing).WithName("Files").Open();
        Assert.Contains("catch-all", Assert.Throws<InvalidOperationException>(functions.Validate).Message);
    }

    [Theory]
    [InlineData("host")]
    [InlineData("Host")]
    [InlineData("1st")]
    [InlineData("with space")]
    [InlineData("../up")]
    [InlineData("")]
    public void A_name_that_the_host_would_not_load_is_refused(string name) =>
        Assert.Throws<ArgumentException>(() => new FunctionCatalog().MapGet("/a", Nothing).WithName(name));

    private static Task Nothing(Microsoft.AspNetCore.Http.HttpContext context) => Task.CompletedTask;
}
