package io.github.swscan.cli;

import io.github.swscan.cli.option.ModelArguments;
import io.github.swscan.cli.option.OutputOptions;
import io.github.swscan.cli.option.ProgramVersion;
import io.github.swscan.cli.screen.InspectionScreen;
import io.github.swscan.cli.screen.Screen;
import io.github.swscan.scan.OpenModel;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code swscan inspect}. */
@Command(
        name = "inspect",
        description =
                "Shows what a checkpoint is: family, shapes, types, sizes and down projections. Reads headers only.",
        abbreviateSynopsis = true,
        descriptionHeading = "%n",
        parameterListHeading = "%n",
        optionListHeading = "%nOptions:%n",
        sortOptions = false,
        mixinStandardHelpOptions = true,
        versionProvider = ProgramVersion.class)
final class InspectCommand implements Callable<Integer> {

    @Spec
    private CommandSpec command;

    @Mixin
    private ModelArguments modelArguments;

    @Mixin
    private OutputOptions output;

    @Override
    public Integer call() {
        String shown = modelArguments.read(this::description);
        if (!output.quiet()) {
            PrintWriter out = command.commandLine().getOut();
            out.print(shown);
            out.flush();
        }
        return ExitCode.DONE;
    }

    private String description(OpenModel model) {
        StringWriter description = new StringWriter();
        new InspectionScreen(new Screen(new PrintWriter(description), output.ansi())).print(model);
        return description.toString();
    }
}
