using Tickets.Local;

namespace Tickets.Tests.Local;

public sealed class StackDirectoryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tickets-directory-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_folder_is_held_by_one_stack_at_a_time()
    {
        var root = Path.Combine(_folder, "stack");
        using (StackDirectory.Claim(root))
            Assert.Contains(root, Assert.Throws<LocalStackException>(() => StackDirectory.Claim(root)).Message);
        StackDirectory.Claim(root).Dispose();
    }

    [Fact]
    public void Wiping_what_is_its_own_keeps_what_belongs_to_databases_elsewhere()
    {
        using var directory = StackDirectory.Claim(Path.Combine(_folder, "stack"));
        var (own, elsewhere) = (directory.Own.DevelopmentKey, directory.Of("theirs").DevelopmentKey);
        File.WriteAllText(own, "");
        File.WriteAllText(elsewhere, "");

        Assert.True(directory.WipeOwn());
        Assert.Equal((false, true), (File.Exists(own), File.Exists(elsewhere)));
        directory.BeginAnew();
        Assert.True(File.Exists(elsewhere));
    }

    [Fact]
    public void What_killed_test_runs_left_is_wiped_and_what_runs_is_not()
    {
        var (abandoned, running, other) = (Path.Combine(_folder, "test-a"), Path.Combine(_folder, "test-b"), Path.Combine(_folder, "stack"));
        StackDirectory.Claim(abandoned).Dispose();
        StackDirectory.Claim(other).Dispose();
        using var held = StackDirectory.Claim(running);

        StackDirectory.WipeAbandoned(_folder, "test-*");

        Assert.False(Directory.Exists(abandoned));
        Assert.True(Directory.Exists(running));
        Assert.True(Directory.Exists(other));
    }
}
