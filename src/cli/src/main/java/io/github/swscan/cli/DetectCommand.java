package io.github.swscan.cli;

import io.github.swscan.cli.option.ConfigOption;
import io.github.swscan.cli.option.DetectionOutput;
import io.github.swscan.cli.option.EffortOptions;
import io.github.swscan.cli.option.EngineOptions;
import io.github.swscan.cli.option.ModelsArguments;
import io.github.swscan.cli.option.NativeOption;
import io.github.swscan.cli.option.OriginalOption;
import io.github.swscan.cli.option.OutputOptions;
import io.github.swscan.cli.option.PolicyOption;
import io.github.swscan.cli.option.ProgramVersion;
import io.github.swscan.cli.option.ReportFile;
import io.github.swscan.cli.option.ReportPlaces;
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
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
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
    private OriginalOption originalOption;

    @Mixin
    private TokenOptions tokenOptions;

    @Mixin
    private RuleOptions ruleOptions;

    @Mixin
    private EngineOptions engineOptions;

    @Mixin
    private NativeOption nativeOption;

    @Mixin
    private DetectionOutput results;

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
        return results.places(note -> Failures.tell(command.commandLine(), note));
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
                    .ifPresent(screen -> new DetectionScreen(screen, results.all()).result(found, reportFile.path()));
            shown.print(printed, found);
            PolicyNotice.of(found).ifPresent(line -> Failures.tell(command.commandLine(), line));
            return ExitCode.of(found);
        }
    }

    private int several() {
        tokenOptions.checkForSeveral();
        ReportPlaces places = reportPlaces();
        SeveralModels several = new SeveralModels(scanOutput(places), results.all());
        List<ReportFile> reportFiles = places.ofDetections(models.models());
        if (!output.quiet()) {
            models.skipped().ifPresent(line -> Failures.tell(command.commandLine(), line));
        }
        for (int i = 0; i < reportFiles.size(); i++) {
            ReportFile reportFile = reportFiles.get(i);
            reportFile.check();
            several.add(request(models.models().get(i), reportFile), reportFile);
        }
        return several.run(effort.jobs(), engineOptions.settings());
    }

    private DetectionRequest request(Path model, ReportFile reportFile) {
        return new DetectionRequest(
                model.toString(),
                configOption.file(),
                tokenOptions.request(),
                effort.thorough(),
                ruleOptions.rules(),
                policyOption.policy(),
                engineOptions.precision(),
                originalOption.path(),
                reportFile.names());
    }
}
