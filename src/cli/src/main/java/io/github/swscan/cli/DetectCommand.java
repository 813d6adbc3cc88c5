package io.github.swscan.cli;

import io.github.swscan.checkpoint.CheckpointFile;
import io.github.swscan.cli.option.ConfigOption;
import io.github.swscan.cli.option.EngineOptions;
import io.github.swscan.cli.option.FailOn;
import io.github.swscan.cli.option.Format;
import io.github.swscan.cli.option.ModelArguments;
import io.github.swscan.cli.option.OutputOptions;
import io.github.swscan.cli.option.ReportNames;
import io.github.swscan.cli.option.ReportOption;
import io.github.swscan.cli.option.RuleOptions;
import io.github.swscan.cli.option.TokenOptions;
import io.github.swscan.cli.option.Version;
import io.github.swscan.cli.screen.DetectionScreen;
import io.github.swscan.cli.screen.Progress;
import io.github.swscan.cli.screen.ProgressDisplay;
import io.github.swscan.cli.screen.Screen;
import io.github.swscan.cli.screen.SeveralProgress;
import io.github.swscan.detect.Breakdown;
import io.github.swscan.detect.Detection;
import io.github.swscan.detect.DetectionReporter;
import io.github.swscan.detect.DetectionSettings;
import io.github.swscan.detect.Detector;
import io.github.swscan.effect.Measure;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.ProcessMemory;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.forward.ForwardPass;
import io.github.swscan.forward.RunnableModel;
import io.github.swscan.output.AtomicFile;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.JsonWriter;
import io.github.swscan.report.ModelSummary;
import io.github.swscan.report.Tool;
import io.github.swscan.report.Verdict;
import io.github.swscan.text.TokenSet;
import io.github.swscan.text.TokenSource;
import io.github.swscan.weight.NonFiniteTensor;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
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
        versionProvider = Version.class,
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

    @Parameters(
            arity = "1..*",
            paramLabel = "MODEL",
            description =
                    "A folder in Hugging Face layout, a model's folder in the Hugging Face cache, a safetensors, PyTorch or "
                            + "GGUF file, or the index of its shards. Several models give a report each, and a summary.")
    private List<Path> models;

    @Mixin
    private ConfigOption configOption;

    @Mixin
    private TokenOptions tokenOptions;

    @Mixin
    private RuleOptions ruleOptions;

    @Mixin
    private EngineOptions engineOptions;

    @Mixin
    private ReportOption reportOption;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "table",
            description = "What is printed: table, for people to read, or json, the report itself, even with "
                    + "--quiet; of several models a line each (default: ${DEFAULT-VALUE}).")
    private Format format;

    @Option(
            names = "--fail-on",
            paramLabel = "VERDICT",
            description =
                    "End with exit code 1 if a super weight has this verdict or a stronger one: critical, high or "
                            + "moderate (default: none).")
    private Optional<FailOn> failOn;

    @Option(
            names = "--thorough",
            description = "Take all prompts and all of the text at once. Otherwise a large model is first given a few "
                    + "tokens, and more only where these leave a verdict unclear.")
    private boolean thorough;

    @Option(
            names = "--jobs",
            paramLabel = "N",
            defaultValue = "1",
            description = "How many of several models are scanned at the same time, each with its share of the cores "
                    + "(default: ${DEFAULT-VALUE}). Worth it for models of less than a few hundred megabytes.")
    private int jobs;

    @Mixin
    private OutputOptions output;

    @Override
    public Integer call() {
        output.configureLogging();
        checkModels();
        tokenOptions.check();
        ruleOptions.check();
        engineOptions.check();
        return models.size() == 1 ? one(models.get(0)) : several();
    }

    private void checkModels() {
        if (jobs < 1) {
            throw wrong("--jobs must be at least 1, not " + jobs);
        }
        Set<Path> places = new HashSet<>();
        for (Path model : models) {
            if (!places.add(model.toAbsolutePath().normalize())) {
                throw wrong("the model " + model + " is named twice");
            }
        }
    }

    private ParameterException wrong(String problem) {
        return new ParameterException(command.commandLine(), problem);
    }

    private int one(Path model) {
        Path reportFile = reportOption.file(ReportOption.DETECTION);
        AtomicFile.checkWritable(reportFile);
        StringWriter printed = new StringWriter();
        try (LazyEngine engine = new LazyEngine(() -> engineOptions.start(output.quiet()))) {
            Progress.Display progress =
                    bytes -> ProgressDisplay.of(bytes, command.commandLine().getErr(), output.quiet());
            Scanned scanned = scan(model, reportFile, printed, engine, progress);
            PrintWriter out = command.commandLine().getOut();
            out.print(
                    format == Format.JSON
                            ? new String(JsonWriter.write(scanned.report()), StandardCharsets.UTF_8)
                            : printed.toString());
            out.flush();
            return scanned.code();
        }
    }

    private int several() {
        Path folder = reportOption.folder();
        List<String> names = ReportNames.of(models);
        List<SeveralScans.Task> tasks = IntStream.range(0, models.size())
                .mapToObj(i -> new SeveralScans.Task(models.get(i), folder.resolve(names.get(i))))
                .toList();
        tasks.forEach(task -> AtomicFile.checkWritable(task.reportFile()));
        int threads = Math.min(jobs, tasks.size());
        engineOptions.shareCores(threads);
        SummaryScreen screen = new SummaryScreen(command.commandLine(), output, format);
        List<SeveralScans.Outcome> outcomes;
        try (SeveralProgress progress = SeveralProgress.of(tasks.size(), output.quiet())) {
            outcomes = SeveralScans.run(
                    tasks,
                    threads,
                    () -> new LazyEngine(() -> engineOptions.start(output.quiet())),
                    progress,
                    this::scanPrintingInto,
                    screen::outcome);
        }
        screen.summary(outcomes);
        return outcomes.stream().mapToInt(SeveralScans.Outcome::code).max().orElse(ExitCode.DONE);
    }

    private Scanned scanPrintingInto(
            SeveralScans.Task task, LazyEngine engine, StringWriter printed, Progress.Display progress) {
        return scan(task.model(), task.reportFile(), printed, engine, progress);
    }

    /**
     * Scans a model and writes its report, but not if the model changed meanwhile.
     *
     * @param printed gets the tables, unless none are wanted
     */
    private Scanned scan(
            Path path, Path reportFile, StringWriter printed, LazyEngine engines, Progress.Display progressDisplay) {
        long start = System.nanoTime();
        Scanned scanned = ModelArguments.read(
                path,
                configOption.file(),
                model -> scan(model, start, reportFile, new PrintWriter(printed), engines, progressDisplay));
        AtomicFile.write(reportFile, JsonWriter.write(scanned.report()));
        return scanned;
    }

    private Scanned scan(
            ModelArguments.OpenModel model,
            long start,
            Path reportFile,
            PrintWriter out,
            LazyEngine engines,
            Progress.Display progressDisplay) {
        engineOptions.prepare();
        ForwardPass.readAhead(model.architecture(), model.checkpoint());
        reportOption.checkDistinctFrom(Stream.concat(model.files(), tokenOptions.files()), reportFile);
        List<TokenSet> stages = tokenOptions.stages(model, thorough, ruleOptions.seed());
        TokenSet tokens = stages.get(0);
        Measure measure = tokens.source() == TokenSource.PROMPTS ? Measure.PERPLEXITY_RATIO : Measure.KL_DIVERGENCE;
        DetectionSettings settings = ruleOptions.settings(measure);
        DetectionScreen screen = new DetectionScreen(new Screen(out, output.ansi()));
        boolean tables = format == Format.TABLE && !output.quiet();

        Detection detection;
        AtomicLong bytesRead = new AtomicLong();
        TorchEngine engine = engines.get();
        Precision precision = engineOptions.precision(model.size().dtype(), engine);
        try (Progress progress = progressDisplay.of(ReadingSize.bytes(model, tokens))) {
            if (tables) {
                screen.header(model, tokens, engine.device(), precision);
            }
            detection = new Detector(
                            new RunnableModel(model.architecture(), model.checkpoint(), engine, precision),
                            stages,
                            settings,
                            bytes -> {
                                bytesRead.addAndGet(bytes);
                                progress.accept(bytes);
                            })
                    .detect();
        }

        DetectionReporter judged = new DetectionReporter(detection, settings, model.architecture(), model.checkpoint());
        DetectionReport report = judged.report(
                new Tool("swscan", Version.number()),
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                describe(model),
                new DetectionReport.Run(
                        engine.device(),
                        precision.label(),
                        tokens.source().label(),
                        tokens.evaluationText(),
                        tokens.calibration().size(),
                        tokens.tokens(),
                        detection.readings(),
                        bytesRead.get(),
                        (System.nanoTime() - start) / 1_000_000,
                        ProcessMemory.peakBytes()),
                notes(model, tokens, detection, stages.size() > 1 ? judged.unclear() : 0));
        if (tables) {
            screen.result(report, reportFile);
        }
        return new Scanned(violatesPolicy(report, detection) ? ExitCode.POLICY_VIOLATED : ExitCode.DONE, report);
    }

    /** A model that computes no finite numbers is broken worse than any verdict says. */
    private boolean violatesPolicy(DetectionReport report, Detection detection) {
        return failOn.map(limit -> Verdict.valueOf(limit.name()))
                .map(limit -> detection.breakdown().isPresent()
                        || report.superWeights().stream()
                                .map(weight -> Verdict.of(weight.verdict()))
                                .anyMatch(verdict -> verdict.compareTo(limit) <= 0))
                .orElse(false);
    }

    static ModelSummary describe(ModelArguments.OpenModel model) {
        return new ModelSummary(
                model.model().toString(),
                model.architecture().family(),
                model.architecture().layers(),
                model.architecture().hiddenSize(),
                model.architecture().intermediateSize(),
                model.size().parameters(),
                model.size().dtype().name(),
                model.checkpoint().files().stream()
                        .map((CheckpointFile file) -> new ModelSummary.File(file.name(), file.bytes()))
                        .toList());
    }

    /** @param unclear how many verdicts may be others on more tokens than were taken */
    private static List<String> notes(
            ModelArguments.OpenModel model, TokenSet tokens, Detection detection, long unclear) {
        List<String> notes = new ArrayList<>(model.notes());
        detection.breakdown().map(DetectCommand::note).ifPresent(notes::add);
        model.architecture()
                .whole()
                .ifPresent(whole -> notes.add("Only the text model of this " + whole + " model was scanned, as a "
                        + model.architecture().family() + " model; its other parts were left out."));
        if (tokens.source() == TokenSource.SYNTHETIC) {
            notes.add(model.withoutTokenizer()
                    + ": peaks and effects come from random token ids, and verdicts go by KL divergence.");
        }
        if (tokens.source() == TokenSource.TOKEN_IDS) {
            notes.add("Peaks and effects come from the given token ids, and verdicts go by KL divergence.");
        }
        if (detection.readings() > 1) {
            notes.add("The checkpoint was read " + detection.readings() + " times to prove all candidates.");
        }
        if (unclear > 0) {
            notes.add("On more text, %s may get another verdict; --thorough takes all of it."
                    .formatted(unclear == 1 ? "1 weight" : unclear + " weights"));
        }
        return notes;
    }

    private static String note(Breakdown breakdown) {
        List<NonFiniteTensor> tensors = breakdown.tensors();
        String cause = tensors.isEmpty()
                ? "though all its weights are finite: the computation overflows"
                : "for %s%s NaN or infinity"
                        .formatted(
                                tensors.get(0).tensor(),
                                switch (tensors.size()) {
                                    case 1 -> " holds";
                                    case 2 -> " and 1 other tensor hold";
                                    default -> " and " + (tensors.size() - 1) + " other tensors hold";
                                });
        return breakdown.layer().isPresent()
                ? "From layer %d on the model computes no finite numbers, %s; these layers are left out, and nothing could be proven."
                        .formatted(breakdown.layer().getAsInt(), cause)
                : "The model's predictions are no finite numbers, %s; nothing could be proven.".formatted(cause);
    }
}
