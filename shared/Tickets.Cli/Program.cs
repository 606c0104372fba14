using Tickets.Cli;

using var terminal = new SystemTerminal();
return await CommandLine.RunAsync(args, new Shell(terminal, Environment.GetEnvironmentVariable, Environment.GetFolderPath(Environment.SpecialFolder.UserProfile)));
