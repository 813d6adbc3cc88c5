package io.github.swscan.cli;

import io.github.swscan.cli.option.ConfigOption;
import io.github.swscan.cli.option.DetectionOutput;
import io.github.swscan.cli.option.EffortOptions;
import io.github.swscan.cli.option.EngineOptions;
import io.github.swscan.cli.option.ModelsArguments;
import io.github.swscan.cli.option.NativeOption;
import io.github.swscan.cli.option.OriginalOption;
import io.github.swscan.cli.option.OutputFormat;
import io.github.swscan.cli.option.OutputOptions;
import io.github.swscan.cli.option.PolicyOptions;
import io.github.swscan.cli.option.ProgramVersion;
import io.github.swscan.cli.option.ReportFiles;
import io.github.swscan.cli.option.ReportOptions;
import io.github.swscan.cli.option.ReportPlaces;
import io.github.swscan.cli.option.RuleOptions;
import io.github.swscan.cli.option.TokenOptions;
import io.github.swscan.cli.screen.DetectionScreen;
import io.github.swscan.policy.Policy;
import io.github.swscan.policy.Rule;
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
            "  swscan detect MODEL -o html=report.html -o sarif=findings.sarif",
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
    private ReportOptions reports;

    @Mixin
    private DetectionOutput results;

    @Mixin
    private PolicyOptions policyOptions;

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
        policyOptions.check();
        engineOptions.check();
        nativeOption.apply();
        return models.areSeveral() ? several() : one(models.models().get(0));
    }

    private ReportPlaces reportPlaces() {
        return reports.ofDetections(this::tell);
    }

    private void tell(String line) {
        Failures.tell(command.commandLine(), line);
    }

    private void note(String line) {
        if (!output.quiet()) {
            tell(line);
        }
    }

    private ScanOutput scanOutput(ReportPlaces places) {
        return new ScanOutput(command.commandLine(), output, engineOptions, places.printed());
    }

    private int one(Path model) {
        ReportPlaces places = reportPlaces();
        ReportFiles files = places.ofOne(Optional.of(model));
        files.check();
        Policy policy = policyOptions.policy(List.of(model), this::note);
        ScanOutput shown = scanOutput(places);
        StringWriter printed = new StringWriter();
        try (LazyEngine engines = new LazyEngine(engineOptions.settings())) {
            DetectionReport found = DetectionScan.run(
                    request(model, policy, places, files), engines, shown.display(printed, shown.progress(), files));
            shown.tables(printed)
                    .filter(screen -> !found.holdsUnsafePickle())
                    .ifPresent(screen -> new DetectionScreen(screen, results.all()).result(found, files.paths()));
            shown.print(printed, found);
            PolicyNotice.ignored(found).ifPresent(this::note);
            PolicyNotice.unmatched(policy, List.of(found)).forEach(this::note);
            PolicyNotice.errors(found).forEach(this::tell);
            return ExitCode.of(found);
        }
    }

    private int several() {
        tokenOptions.checkForSeveral();
        ReportPlaces places = reportPlaces();
        SeveralModels several = new SeveralModels(scanOutput(places), results.all());
        List<ReportFiles> reportFiles = places.ofSeveral(models.models());
        Policy policy = policyOptions.policy(models.models(), this::note);
        models.skipped().ifPresent(this::note);
        for (int i = 0; i < reportFiles.size(); i++) {
            ReportFiles files = reportFiles.get(i);
            files.check();
            several.add(request(models.models().get(i), policy, places, files), files);
        }
        return several.run(effort.jobs(), engineOptions.settings(), policy);
    }

    private DetectionRequest request(Path model, Policy policy, ReportPlaces places, ReportFiles files) {
        return new DetectionRequest(
                model.toString(),
                configOption.file(),
                tokenOptions.request(),
                effort.thorough(),
                ruleOptions.rules(),
                policy,
                policyOptions.baseline(),
                reports.areNamed() || policyOptions.minds(Rule.UNSAFE_PICKLE),
                engineOptions.precision(),
                originalOption.path(),
                files.have(OutputFormat.CYCLONEDX) || places.printed().equals(Optional.of(OutputFormat.CYCLONEDX)),
                files.names());
    }
}
