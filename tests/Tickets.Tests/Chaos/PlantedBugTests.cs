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

    [Fact]
    public void Every_planted_bug_fits_the_code_that_it_breaks() =>
        Assert.DoesNotContain(PlantedBug.All().SelectMany(bug => Hunks(File.ReadAllLines(bug.Path)).Select(hunk => (bug.Name, hunk.File, hunk.Before))), hunk => !File.ReadAllText(Repository.PathTo(hunk.File)).Contains(hunk.Before, StringComparison.Ordinal));

    /// <summary>What each hunk of a patch looks for, and where.</summary>
    private static IEnumerable<(string File, string Before)> Hunks(string[] patch)
    {
        var (file, before) = ("", new List<string>());
        foreach (var line in patch.SkipWhile(line => !line.StartsWith("--- a/", StringComparison.Ordinal)).Append("@@"))
        {
            if (line.StartsWith("@@", StringComparison.Ordinal) || line.StartsWith("--- a/", StringComparison.Ordinal))
            {
                if (before.Count > 0)
                    yield return (file, string.Join('\n', before));
                before = [];
                file = line.StartsWith("--- a/", StringComparison.Ordinal) ? line["--- a/".Length..] : file;
            }
            else if (!line.StartsWith('+') && !line.StartsWith("diff ", StringComparison.Ordinal) && !line.StartsWith("index ", StringComparison.Ordinal))
            {
                before.Add(line.Length > 0 ? line[1..] : line);
            }
        }
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
