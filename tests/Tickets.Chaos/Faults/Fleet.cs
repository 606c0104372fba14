using Tickets.Local;

namespace Tickets.Chaos.Faults;

/// <summary>Some processes of the app on one stack. Each has a place; who takes a dead one's place listens where it did, if that is still free.</summary>
internal sealed class Fleet
{
    private readonly LocalStack _stack;
    private readonly AppProcess[] _apps;

    private Fleet(LocalStack stack, AppProcess[] apps) => (_stack, _apps) = (stack, apps);

    public int Count => _apps.Length;

    public LocalStack Stack => _stack;

    public string Key => _stack.DevelopmentKey!;

    public static async Task<Fleet> StartAsync(LocalStack stack, int count)
    {
        var apps = new List<AppProcess>();
        while (apps.Count < count)
            apps.Add(await stack.StartAppAsync());
        return new Fleet(stack, [.. apps]);
    }

    public AppProcess this[int place] => Volatile.Read(ref _apps[place % _apps.Length]);

    public Task KillAsync(int place) => this[place].KillAsync();

    public async Task StartAsync(int place) => Volatile.Write(ref _apps[place], await _stack.StartAppAsync(this[place].Address.Port));
}
