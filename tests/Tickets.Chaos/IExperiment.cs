using Tickets.Chaos.Running;

namespace Tickets.Chaos;

/// <summary>A promise put to the test: a command of this program.</summary>
internal interface IExperiment
{
    string Name { get; }

    /// <summary>Such as <c>R1</c>.</summary>
    string Requirement { get; }

    string Description { get; }

    /// <summary>How long things are broken when it is run by hand.</summary>
    TimeSpan Whole { get; }

    /// <summary>The same for every change of the code.</summary>
    TimeSpan Bounded { get; }

    /// <summary>Whether <c>all --bounded</c> leaves it to <c>dotnet test</c>, which runs the same tests.</summary>
    bool IsInTheSuite => false;

    Task RunAsync(ChaosRun run);
}
