using System.CommandLine;
using Tickets.Local.Commands;

var data = new Option<string?>("--data") { Description = "The folder that keeps the stack's data; .local/stack of the checkout by default.", Recursive = true };
var app = new Option<string?>("--app") { Description = "Another executable of the function app, such as a published one.", Recursive = true };

var root = new RootCommand("Tickets on this machine: PostgreSQL, Azurite and the function app. Without a command: up.") { data, app };
root.Add(UpCommand.Define(data, app));
root.Add(DemoCommand.Define(data, app));
root.Add(ResetCommand.Define(data));
root.SetAction((arguments, cancellationToken) => UpCommand.RunAsync(StackArguments.Read(arguments, data, app), cancellationToken));

// Ctrl-C and SIGTERM cancel the command; stopping the servers cleanly may take PostgreSQL a while.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromMinutes(2), EnableDefaultExceptionHandler = false });
