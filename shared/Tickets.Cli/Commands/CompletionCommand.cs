using System.CommandLine;

namespace Tickets.Cli;

/// <summary>Scripts that let a shell ask this program what may come next.</summary>
internal sealed class CompletionCommand : Command
{
    private const string Bash =
        """
        # tickets completion bash >> ~/.bashrc
        _tickets() {
          local IFS=$'\n'
          COMPREPLY=($(compgen -W "$(tickets "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _tickets tickets
        """;

    private const string Zsh =
        """
        # tickets completion zsh >> ~/.zshrc
        _tickets() {
          local -a found
          found=("${(@f)$(tickets "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
          compadd -a found
        }
        compdef _tickets tickets
        """;

    private const string Fish =
        """
        # tickets completion fish > ~/.config/fish/completions/tickets.fish
        complete -c tickets -f -a '(tickets "[suggest:"(commandline -C)"]" (commandline -p) 2>/dev/null)'
        """;

    private const string PowerShell =
        """
        # tickets completion pwsh >> $PROFILE
        Register-ArgumentCompleter -Native -CommandName tickets -ScriptBlock {
          param($word, $line, $cursor)
          tickets "[suggest:$cursor]" "$line" 2>$null | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
        }
        """;

    public CompletionCommand(Shell shell) : base("completion", "Prints a script that completes commands and options in your shell.")
    {
        var kind = new Argument<string>("shell") { Description = "bash, zsh, fish or pwsh." };
        kind.AcceptOnlyFromAmong("bash", "zsh", "fish", "pwsh");
        Arguments.Add(kind);
        SetAction(parsed =>
        {
            shell.Terminal.Out.WriteLine(parsed.GetRequiredValue(kind) switch { "bash" => Bash, "zsh" => Zsh, "fish" => Fish, _ => PowerShell });
            return ExitCode.Ok;
        });
    }
}
