package io.github.swscan.cli;

import static io.github.swscan.cli.screen.Screen.left;

import io.github.swscan.architecture.family.Families;
import io.github.swscan.architecture.family.Family;
import io.github.swscan.cli.option.OutputOptions;
import io.github.swscan.cli.option.ProgramVersion;
import io.github.swscan.cli.screen.Screen;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code swscan families}. */
@Command(
        name = "families",
        description = "Lists the families of models that can be scanned, and what each was compared with.",
        abbreviateSynopsis = true,
        descriptionHeading = "%n",
        optionListHeading = "%nOptions:%n",
        sortOptions = false,
        mixinStandardHelpOptions = true,
        versionProvider = ProgramVersion.class)
final class FamiliesCommand implements Callable<Integer> {

    @Spec
    private CommandSpec command;

    @Mixin
    private OutputOptions output;

    @Override
    public Integer call() {
        if (output.quiet()) {
            return ExitCode.DONE;
        }
        Screen screen = new Screen(command.commandLine().getOut(), output.ansi());
        List<Family> families = Families.all();
        List<Object[]> rows = families.stream()
                .map(family -> new Object[] {
                    family.name(), family.compared().isEmpty() ? "not compared" : family.compared(), family.summary()
                })
                .toList();
        screen.table(List.of(left("model_type"), left("compared with"), left("blocks")), rows);
        screen.blank();
        screen.text("Models that read images or sounds, of which the text model is scanned:");
        screen.text("  " + String.join(", ", Families.multimodal()));
        screen.flush();
        return ExitCode.DONE;
    }
}
