package io.github.swscan.cli.option;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How much is done at once. */
public final class EffortOptions {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--thorough",
            fallbackValue = "true",
            description = "Test more candidates and sets of them, on more text: about eight times the work.")
    private boolean thorough;

    @Option(
            names = "--jobs",
            paramLabel = "N",
            defaultValue = "1",
            description = "How many of several models are scanned at the same time, each with its share of the threads "
                    + "(default: ${DEFAULT-VALUE}). Worth it for models of less than a few hundred megabytes.")
    private int jobs;

    /** Called before anything costly is done. */
    public void check() {
        if (jobs < 1) {
            throw new ParameterException(command.commandLine(), "--jobs must be at least 1, not " + jobs);
        }
    }

    public boolean thorough() {
        return thorough;
    }

    /** How many models at the same time. */
    public int jobs() {
        return jobs;
    }
}
