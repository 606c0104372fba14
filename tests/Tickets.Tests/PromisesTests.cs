using System.Text.RegularExpressions;
using Tickets.Local;

namespace Tickets.Tests;

/// <summary>The pages in <c>docs/</c> name tests as evidence, as <c>`Class.Method_with_underscores`</c>.</summary>
public partial class PromisesTests
{
    [Fact]
    public void Every_test_that_the_documentation_names_exists()
    {
        var sources = Directory.EnumerateFiles(Repository.PathTo("tests"), "*Tests.cs", SearchOption.AllDirectories)
            .ToLookup(file => Path.GetFileNameWithoutExtension(file), File.ReadAllText, StringComparer.Ordinal);
        var named = Directory.EnumerateFiles(Repository.PathTo("docs"), "*.md", SearchOption.AllDirectories)
            .SelectMany(page => NamedTest().Matches(File.ReadAllText(page)).Select(match => (Page: Path.GetFileName(page), Class: match.Groups["class"].Value, Method: match.Groups["method"].Value)))
            .ToList();

        Assert.NotEmpty(named);
        Assert.DoesNotContain(named, test => !sources[test.Class].Any(source => source.Contains($" {test.Method}(", StringComparison.Ordinal)));
    }

    [GeneratedRegex(@"`(?<class>\w+Tests)\.(?<method>\w+_\w+)`", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NamedTest();
}
