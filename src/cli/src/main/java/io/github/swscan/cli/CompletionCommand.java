package io.github.swscan.cli;

import io.github.swscan.cli.option.ChoiceConverter;
import io.github.swscan.cli.option.ProgramVersion;
import java.io.PrintWriter;
import java.util.List;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Spec;

/** {@code swscan completion}. */
@Command(
        name = "completion",
        description = {
            "Prints the script with which bash and zsh complete commands, options and their values.",
            "",
            "  source <(swscan completion)     now; in ~/.bashrc or ~/.zshrc, always"
        },
        descriptionHeading = "%n",
        mixinStandardHelpOptions = true,
        optionListHeading = "%nOptions:%n",
        versionProvider = ProgramVersion.class)
final class CompletionCommand implements Runnable {

    @Spec
    private CommandSpec command;

    @Override
    public void run() {
        CommandLine program = Swscan.commandLine();
        program.getSubcommands().values().forEach(CompletionCommand::completeChoices);
        PrintWriter out = command.commandLine().getOut();
        out.print(AutoComplete.bash(program.getCommandName(), program));
        out.flush();
    }

    /** With the words that are asked for, in place of the names that these have in the program. */
    private static void completeChoices(CommandLine subcommand) {
        CommandSpec spec = subcommand.getCommandSpec();
        for (OptionSpec option : List.copyOf(spec.options())) {
            Class<?> type = option.auxiliaryTypes()[0];
            if (type.isEnum()) {
                spec.remove(option);
                spec.addOption(OptionSpec.builder(option)
                        .completionCandidates(ChoiceConverter.words(type))
                        .build());
            }
        }
    }
}
