package io.github.swscan.cli;

import io.github.swscan.cli.option.ConfigOption;
import io.github.swscan.cli.option.EffortOptions;
import io.github.swscan.cli.option.EngineOptions;
import io.github.swscan.cli.option.Format;
import io.github.swscan.cli.option.ModelsArguments;
import io.github.swscan.cli.option.NativeOption;
import io.github.swscan.cli.option.OutputOptions;
import io.github.swscan.cli.option.PolicyOption;
import io.github.swscan.cli.option.ProgramVersion;
import io.github.swscan.cli.option.ReportFile;
import io.github.swscan.cli.option.ReportPlaces;
import io.github.swscan.cli.option.ReportTarget;
import io.github.swscan.cli.option.RuleOptions;
import io.github.swscan.cli.option.TokenOptions;
import io.github.swscan.cli.screen.DetectionScreen;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.scan.DetectionRequest;
import io.github.swscan.scan.DetectionScan;
import io.github.swscan.scan.LazyEngine;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code swscan detect}. */
@Command(
        name = "detect",
        description = "Finds the super weights of a checkpoint and proves each by removing it.",
        abbreviateSynopsis = true,
        descriptionHeading = "%n",
        parameterListHeading = "%n",
        sortOptions = false,
        mixinStandardHelpOptions = true,
        versionProvider = ProgramVersion.class,
        footer = {
            "",
            "Examples:",
            "  swscan detect models-sample/super-weight-1.5m",
            "  swscan detect model.safetensors --fail-on critical --report report.json",
            "  swscan detect MODEL --prompt 'The sea was calm.' --text evaluation.txt",
            "  swscan detect checkpoints/* --jobs 4 --report reports"
        })
final class DetectCommand implements Callable<Integer> {

    @Spec
    private CommandSpec command;

    @Mixin
    private ModelsArguments models;

    @Mixin
    private ConfigOption configOption;

    @Mixin
    private TokenOptions tokenOptions;

    @Mixin
    private RuleOptions ruleOptions;

    @Mixin
    private EngineOptions engineOptions;

    @Mixin
    private NativeOption nativeOption;

    @Option(
            names = "--report",
            paramLabel = "PATH",
            description =
                    "Where the report is written: a file, a folder (NAME.swscan-report.json in it), or - for standard "
                            + "output in place of tables. Of several models it is a folder, made if need be (default: "
                            + ReportPlaces.DETECTION
                            + ", of several models NAME.swscan-report.json; none where the report is "
                            + "printed).")
    private Optional<ReportTarget> report;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "table",
            description = "What is printed: table, for people to read, or json, the report itself, even with "
                    + "--quiet; of several models a line each (default: ${DEFAULT-VALUE}).")
    private Format format;

    @Option(
            names = "--all",
            description = "Print every layer, weight and spike, as the report has them; of several models the "
                    + "tables of each before the summary.")
    private boolean all;

    @Mixin
    private PolicyOption policyOption;

    @Mixin
    private EffortOptions effort;

    @Mixin
    private OutputOptions output;

    @Override
    public Integer call() {
        output.configureLogging();
        effort.check();
        models.check();
        tokenOptions.check();
        ruleOptions.check();
        engineOptions.check();
        nativeOption.apply();
        return models.areSeveral() ? several() : one(models.models().get(0));
    }

    private ReportPlaces reportPlaces() {
        return new ReportPlaces(report, format, note -> Failures.print(command.commandLine(), "swscan: " + note));
    }

    private ScanOutput scanOutput(ReportPlaces places) {
        return new ScanOutput(command.commandLine(), output, engineOptions, places.format());
    }

    private int one(Path model) {
        ReportPlaces places = reportPlaces();
        ReportFile reportFile = places.ofDetection(model);
        reportFile.check();
        ScanOutput shown = scanOutput(places);
        StringWriter printed = new StringWriter();
        try (LazyEngine engines = new LazyEngine(engineOptions.settings())) {
            DetectionReport found = DetectionScan.run(
                    request(model, reportFile), engines, shown.display(printed, shown.progress(), reportFile));
            shown.tables(printed)
                    .ifPresent(screen -> new DetectionScreen(screen, all).result(found, reportFile.path()));
            shown.print(printed, found);
            PolicyNotice.of(policyOption.policy(), found)
                    .ifPresent(line -> Failures.print(command.commandLine(), "swscan: " + line));
            return ExitCode.of(policyOption.policy(), found);
        }
    }

    private int several() {
        tokenOptions.checkForSeveral();
        ReportPlaces places = reportPlaces();
        SeveralModels several = new SeveralModels(scanOutput(places), policyOption.policy(), all);
        List<ReportFile> reportFiles = reportFiles(places);
        if (!output.quiet()) {
            models.skipped().ifPresent(line -> Failures.print(command.commandLine(), "swscan: " + line));
        }
        for (int i = 0; i < reportFiles.size(); i++) {
            ReportFile reportFile = reportFiles.get(i);
            reportFile.check();
            several.add(request(models.models().get(i), reportFile), reportFile);
        }
        return several.run(effort.jobs(), engineOptions.settings());
    }

    private List<ReportFile> reportFiles(ReportPlaces places) {
        try {
            return places.ofDetections(models.models());
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), e.getMessage(), e);
        }
    }

    private DetectionRequest request(Path model, ReportFile reportFile) {
        return new DetectionRequest(
                model.toString(),
                configOption.file(),
                tokenOptions.request(),
                effort.thorough(),
                ruleOptions.rules(),
                engineOptions.precision(),
                reportFile.names());
    }
}
