package io.github.swscan.cli;

import io.github.swscan.cli.option.AblatedModel;
import io.github.swscan.cli.option.AblationOptions;
import io.github.swscan.cli.option.CopyOptions;
import io.github.swscan.cli.option.EngineOptions;
import io.github.swscan.cli.option.GenerationOptions;
import io.github.swscan.cli.option.NativeOption;
import io.github.swscan.cli.option.OutputOptions;
import io.github.swscan.cli.option.ProgramVersion;
import io.github.swscan.cli.option.ReportFiles;
import io.github.swscan.cli.option.ReportOptions;
import io.github.swscan.cli.option.ReportPlaces;
import io.github.swscan.cli.option.TaskOptions;
import io.github.swscan.cli.option.TokenOptions;
import io.github.swscan.cli.screen.AblationScreen;
import io.github.swscan.report.AblationReport;
import io.github.swscan.scan.AblationRequest;
import io.github.swscan.scan.AblationScan;
import io.github.swscan.scan.LazyEngine;
import java.io.StringWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code swscan ablate}. */
@Command(
        name = "ablate",
        description = "Measures what removing, scaling, flipping and restoring weights does to a model.",
        abbreviateSynopsis = true,
        descriptionHeading = "%n",
        parameterListHeading = "%n",
        sortOptions = false,
        mixinStandardHelpOptions = true,
        versionProvider = ProgramVersion.class,
        footer = {
            "",
            "Examples:",
            "  swscan ablate --top 5",
            "  swscan ablate models-sample/super-weight-1.5m --top 1 --largest 7000",
            "  swscan ablate MODEL --weight 1:57:123 --only remove,restore,control"
        })
final class AblateCommand implements Callable<Integer> {

    @Spec
    private CommandSpec command;

    @Mixin
    private AblatedModel model;

    @Mixin
    private AblationOptions ablationOptions;

    @Mixin
    private TokenOptions tokenOptions;

    @Mixin
    private TaskOptions taskOptions;

    @Mixin
    private GenerationOptions generationOptions;

    @Mixin
    private EngineOptions engineOptions;

    @Mixin
    private NativeOption nativeOption;

    @Mixin
    private ReportOptions reports;

    @Mixin
    private CopyOptions copyOptions;

    @Mixin
    private OutputOptions output;

    @Override
    public Integer call() {
        output.configureLogging();
        ablationOptions.check();
        copyOptions.check();
        tokenOptions.check();
        taskOptions.check();
        generationOptions.check();
        engineOptions.check();
        nativeOption.apply();
        ReportPlaces places = reports.ofAblations(note -> Failures.tell(command.commandLine(), note));
        ReportFiles files = places.ofOne(model.file());
        files.check();
        ScanOutput shown = new ScanOutput(command.commandLine(), output, engineOptions, places.printed());
        StringWriter printed = new StringWriter();
        try (LazyEngine engines = new LazyEngine(engineOptions.settings())) {
            AblationReport report =
                    AblationScan.run(request(files), engines, shown.display(printed, shown.progress(), files));
            shown.tables(printed).map(AblationScreen::new).ifPresent(screen -> {
                screen.result(report, files.paths());
                report.copy().ifPresent(copy -> screen.copy(copy, copyOptions.folder()));
            });
            shown.print(printed, report);
            return ExitCode.DONE;
        }
    }

    private AblationRequest request(ReportFiles files) {
        return new AblationRequest(
                model.path(),
                "",
                model.configFile(),
                ablationOptions.weights(),
                ablationOptions.top(),
                ablationOptions.settings(),
                tokenOptions.request(),
                taskOptions.names(),
                generationOptions.tokens(),
                engineOptions.precision(),
                copyOptions.folder(),
                copyOptions.variant(),
                files.names());
    }
}
