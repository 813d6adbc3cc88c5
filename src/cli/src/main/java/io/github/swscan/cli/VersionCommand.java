package io.github.swscan.cli;

import io.github.swscan.cli.option.ProgramVersion;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code swscan version}. */
@Command(
        name = "version",
        description = "Shows the version of the program, as --version does.",
        descriptionHeading = "%n",
        mixinStandardHelpOptions = true,
        optionListHeading = "%nOptions:%n",
        versionProvider = ProgramVersion.class)
final class VersionCommand implements Runnable {

    @Spec
    private CommandSpec command;

    @Override
    public void run() {
        command.commandLine().printVersionHelp(command.commandLine().getOut());
    }
}
