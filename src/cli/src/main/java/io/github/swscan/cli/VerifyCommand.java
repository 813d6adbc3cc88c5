package io.github.swscan.cli;

import io.github.swscan.cli.option.ManifestArguments;
import io.github.swscan.cli.option.OutputOptions;
import io.github.swscan.cli.option.ProgramVersion;
import io.github.swscan.cli.option.RenderingOptions;
import io.github.swscan.cli.option.ReportFiles;
import io.github.swscan.cli.option.ReportPlaces;
import io.github.swscan.cli.screen.ProgressDisplay;
import io.github.swscan.cli.screen.ScanDisplay;
import io.github.swscan.cli.screen.Screen;
import io.github.swscan.cli.screen.VerificationScreen;
import io.github.swscan.report.VerificationReport;
import io.github.swscan.scan.VerificationRequest;
import io.github.swscan.scan.VerificationScan;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code swscan verify}. */
@Command(
        name = "verify",
        description =
                "Tells whether a model is what its manifest or signature says, and if not, what is another: first of "
                        + "all which super weight.",
        abbreviateSynopsis = true,
        descriptionHeading = "%n",
        parameterListHeading = "%n",
        optionListHeading = "%nOptions:%n",
        sortOptions = false,
        mixinStandardHelpOptions = true,
        versionProvider = ProgramVersion.class,
        footer = {
            "",
            "Exit codes: 0 nothing differs, 1 anything does.",
            "",
            "Examples:",
            "  swscan verify MODEL --manifest model.manifest.json",
            "  swscan verify MODEL --manifest model.sig --key swscan-key.pub.pem --full"
        })
final class VerifyCommand implements Callable<Integer> {

    @Spec
    private CommandSpec command;

    @Mixin
    private ManifestArguments held;

    @Option(
            names = "--full",
            fallbackValue = "true",
            description =
                    "Read all bytes of all files. Without it, headers, sizes and the bytes of super weights are read, "
                            + "which is no proof of the rest.")
    private boolean full;

    @Option(
            names = "--against",
            paramLabel = "ORIGINAL",
            description =
                    "The checkpoint that the manifest was made of: which elements of changed tensors are others, and "
                            + "by how much (default: none).")
    private Optional<Path> against;

    @Option(names = "--all", fallbackValue = "true", description = "Print all differences.")
    private boolean all;

    @Mixin
    private RenderingOptions rendering;

    @Mixin
    private OutputOptions output;

    @Override
    public Integer call() {
        output.configureLogging();
        ReportPlaces places = rendering.ofVerification();
        ReportFiles files = places.ofNamed(held.model());
        files.check();
        VerificationReport report = VerificationScan.run(
                new VerificationRequest(held.model().toString(), held.manifest(), full, held.key(), against),
                ScanDisplay.ofProgress(ProgressDisplay.of(command.commandLine().getErr(), output.quiet())));
        files.write(format -> Writers.of(format).bytes(report));
        PrintWriter out = command.commandLine().getOut();
        places.printed().ifPresentOrElse(format -> out.print(Writers.text(format, report)), () -> {
            if (!output.quiet()) {
                new VerificationScreen(Screen.ofStandardOutput(out, output.ansi()), all).print(report, files.paths());
            }
        });
        out.flush();
        return report.holds() ? ExitCode.DONE : ExitCode.POLICY_VIOLATED;
    }
}
