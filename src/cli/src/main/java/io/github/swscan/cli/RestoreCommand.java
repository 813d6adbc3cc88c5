package io.github.swscan.cli;

import io.github.swscan.cli.option.ManifestArguments;
import io.github.swscan.cli.option.OutputOptions;
import io.github.swscan.cli.option.ProgramVersion;
import io.github.swscan.cli.screen.ProgressDisplay;
import io.github.swscan.cli.screen.RestorationScreen;
import io.github.swscan.cli.screen.ScanDisplay;
import io.github.swscan.cli.screen.Screen;
import io.github.swscan.input.WrongRequestException;
import io.github.swscan.output.AtomicFolder;
import io.github.swscan.scan.RestorationScan;
import io.github.swscan.scan.RestorationScan.Outcome;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code swscan restore}. */
@Command(
        name = "restore",
        description =
                "Gives a damaged model the super weights back that its manifest has, bit for bit; everything else "
                        + "stays as it is.",
        abbreviateSynopsis = true,
        descriptionHeading = "%n",
        parameterListHeading = "%n",
        optionListHeading = "%nOptions:%n",
        sortOptions = false,
        mixinStandardHelpOptions = true,
        versionProvider = ProgramVersion.class,
        footer = {
            "",
            "Exit codes: 0 the model is whole, 1 more is damaged than the manifest",
            "holds, and nothing was written.",
            "",
            "Examples:",
            "  swscan restore MODEL --manifest model.manifest.json -o restored",
            "  swscan restore MODEL --manifest model.sig --key swscan-key.pub.pem --in-place"
        })
final class RestoreCommand implements Callable<Integer> {

    @Spec
    private CommandSpec command;

    @Mixin
    private ManifestArguments held;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "DIR",
            description = "Write a restored copy to this folder, which must not exist or be empty (default: none, see "
                    + "--in-place).")
    private Optional<Path> folder;

    @Option(
            names = "--in-place",
            fallbackValue = "true",
            description =
                    "Change the model's own files. What interrupts that leaves a file .swscan-restore beside them; the "
                            + "same command again finishes it.")
    private boolean inPlace;

    @Mixin
    private OutputOptions output;

    @Override
    public Integer call() {
        output.configureLogging();
        if (folder.isPresent() == inPlace) {
            throw new WrongRequestException("name either a folder for a copy, -o DIR, or --in-place");
        }
        folder.ifPresent(AtomicFolder::check);
        Outcome outcome = RestorationScan.run(
                new RestorationScan.Request(held.model().toString(), held.manifest(), held.key(), folder),
                ScanDisplay.ofProgress(ProgressDisplay.of(command.commandLine().getErr(), output.quiet())));
        if (!output.quiet()) {
            new RestorationScreen(Screen.ofStandardOutput(command.commandLine().getOut(), output.ansi()))
                    .print(outcome, folder);
        }
        return isWhole(outcome) ? ExitCode.DONE : ExitCode.POLICY_VIOLATED;
    }

    private static boolean isWhole(Outcome outcome) {
        return outcome instanceof Outcome.NothingToDo
                || (outcome instanceof Outcome.Restored restored
                        && restored.after().holds());
    }
}
