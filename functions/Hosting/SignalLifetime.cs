using System.Runtime.InteropServices;

namespace Tickets.Functions.Hosting;

/// <summary>Drains the app on SIGTERM, SIGINT and SIGQUIT, and remembers that it was asked to stop.</summary>
internal sealed class SignalLifetime(IHostApplicationLifetime lifetime) : IHostLifetime, IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations = [];

    /// <summary>False when the app ended without being asked: a failure, whatever the cause.</summary>
    public bool StopRequested { get; private set; }

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        foreach (var signal in new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT })
            _registrations.Add(PosixSignalRegistration.Create(signal, Stop));

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
    }

    private void Stop(PosixSignalContext context)
    {
        // Without this the runtime would end the process while requests are still being answered.
        context.Cancel = true;
        StopRequested = true;
        lifetime.StopApplication();
    }
}
