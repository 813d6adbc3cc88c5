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
import io.github.swscan.cli.option.ReportNames;
import io.github.swscan.cli.option.ReportOption;
import io.github.swscan.cli.option.RuleOptions;
import io.github.swscan.cli.option.TokenOptions;
import io.github.swscan.cli.screen.DetectionScreen;
import io.github.swscan.output.AtomicFile;
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
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code swscan detect}. */
@Command(
        name = "detect",
        description = "Finds the super weights of a checkpoint and proves each by removing it.",
        abbreviateSynopsis = true,
        descriptionHeading = "%n",
        parameterListHeading = "%n",
        optionListHeading = "%nOptions:%n",
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

    @Mixin
    private ReportOption reportOption;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "table",
            description = "What is printed: table, for people to read, or json, the report itself, even with "
                    + "--quiet; of several models a line each (default: ${DEFAULT-VALUE}).")
    private Format format;

    @Option(names = "--all", description = "Print every layer, weight and spike, as the report has them.")
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
        return models.models().size() == 1 ? one(models.models().get(0)) : several();
    }

    private ScanOutput scanOutput() {
        return new ScanOutput(command.commandLine(), output, engineOptions, format);
    }

    private int one(Path model) {
        Path reportFile = reportOption.file(ReportOption.DETECTION);
        AtomicFile.checkWritable(reportFile);
        ScanOutput shown = scanOutput();
        StringWriter printed = new StringWriter();
        try (LazyEngine engines = new LazyEngine(engineOptions.settings())) {
            DetectionReport report = DetectionScan.run(
                    request(model, reportFile), engines, shown.display(printed, shown.progress(), reportFile));
            shown.tables(printed).ifPresent(screen -> new DetectionScreen(screen, all).result(report, reportFile));
            shown.print(printed, report);
            return ExitCode.of(policyOption.policy(), report);
        }
    }

    private int several() {
        Path folder = reportOption.folder();
        List<String> names = ReportNames.of(models.models());
        SeveralModels several = new SeveralModels(scanOutput(), policyOption.policy(), all);
        for (int i = 0; i < names.size(); i++) {
            Path reportFile = folder.resolve(names.get(i));
            AtomicFile.checkWritable(reportFile);
            several.add(request(models.models().get(i), reportFile), reportFile);
        }
        return several.run(effort.jobs(), engineOptions.settings());
    }

    private DetectionRequest request(Path model, Path reportFile) {
        return new DetectionRequest(
                model.toString(),
                configOption.file(),
                tokenOptions.request(),
                effort.thorough(),
                ruleOptions.rules(),
                engineOptions.precision(),
                List.of(reportFile.toString()));
    }
}
