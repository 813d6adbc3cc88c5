package io.github.swscan.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The program. */
@Command(
        name = "swscan",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Finds super weights in language-model checkpoints, and proves each by removing it.",
        synopsisSubcommandLabel = "COMMAND",
        commandListHeading = "%nCommands:%n",
        subcommands = {DetectCommand.class, InspectCommand.class, CommandLine.HelpCommand.class},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done; any policy asked for holds",
            "1:done; a policy asked for is violated (--fail-on)",
            "2:wrong usage",
            "3:input cannot be used: missing, malformed or unsupported",
            "4:failed while running (engine, memory, writing)",
            "130:interrupted"
        },
        footer = {
            "",
            "Try it on the model that comes with the program:",
            "  swscan detect models-sample/super-weight-1.5m",
            "More on a command: swscan help COMMAND"
        })
public final class Swscan implements Runnable {

    @Spec
    private CommandSpec spec;

    /** Runs the program and ends the process with its exit code. */
    public static void main(String[] arguments) {
        Interruption interruption = Interruption.watch();
        int code = commandLine().execute(arguments);
        interruption.finished();
        System.exit(code);
    }

    /** The command line, ready to execute. */
    static CommandLine commandLine() {
        return new CommandLine(new Swscan())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpAutoWidth(true)
                .setUsageHelpLongOptionsMaxWidth(26)
                .setParameterExceptionHandler(new Failures.WrongUsage())
                .setExecutionExceptionHandler(new Failures.WhileRunning());
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "name a command");
    }
}
