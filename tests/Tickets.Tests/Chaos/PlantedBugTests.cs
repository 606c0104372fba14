using Tickets.Chaos.Experiments;
using Tickets.Local;

namespace Tickets.Tests.Chaos;

public class PlantedBugTests
{
    [Fact]
    public void Every_planted_bug_says_what_it_breaks_and_names_a_test_that_exists()
    {
        var bugs = PlantedBug.All();

        Assert.NotEmpty(bugs);
        Assert.All(bugs, bug => Assert.NotEmpty(bug.Breaks));
        Assert.DoesNotContain(bugs, bug => !Exists(bug.Test));
    }

    private static bool Exists(string test)
    {
        var (project, name) = (test.Split(' ')[0], test.Split(' ')[1]);
        if (project == "chaos")
            return Directory.EnumerateFiles(Repository.PathTo("tests", "Tickets.Chaos", "Experiments"), "*.cs").Any(file => File.ReadAllText(file).Contains($"Name => \"{name}\"", StringComparison.Ordinal));
        var (type, method) = name.Split('.') is [var first, var second] ? (first, second) : (name, "");
        return Directory.EnumerateFiles(Repository.PathTo("tests", project), type + ".cs", SearchOption.AllDirectories).Any(file => File.ReadAllText(file).Contains($" {method}", StringComparison.Ordinal));
    }
}
