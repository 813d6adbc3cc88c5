package io.github.swscan.cli;

import io.github.swscan.ablate.Ablation;
import io.github.swscan.ablate.AblationReporter;
import io.github.swscan.ablate.AblationResult;
import io.github.swscan.ablate.AblationSettings;
import io.github.swscan.ablate.Continuations;
import io.github.swscan.ablate.ValueTooLargeException;
import io.github.swscan.ablate.Variant;
import io.github.swscan.ablate.Variants;
import io.github.swscan.checkpoint.copy.CheckpointCopy;
import io.github.swscan.cli.option.AblationOptions;
import io.github.swscan.cli.option.ConfigOption;
import io.github.swscan.cli.option.EngineOptions;
import io.github.swscan.cli.option.Format;
import io.github.swscan.cli.option.GenerationOptions;
import io.github.swscan.cli.option.ModelArguments;
import io.github.swscan.cli.option.OutputOptions;
import io.github.swscan.cli.option.ReportOption;
import io.github.swscan.cli.option.TaskOptions;
import io.github.swscan.cli.option.TokenOptions;
import io.github.swscan.cli.option.Version;
import io.github.swscan.cli.option.WeightSelection;
import io.github.swscan.cli.screen.AblationScreen;
import io.github.swscan.cli.screen.ProgressDisplay;
import io.github.swscan.cli.screen.Screen;
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
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.MissingInputException;
import io.github.swscan.output.AtomicFile;
import io.github.swscan.report.AblationReport;
import io.github.swscan.report.JsonWriter;
import io.github.swscan.report.LatestReport;
import io.github.swscan.report.Tool;
import io.github.swscan.text.StopWords;
import io.github.swscan.text.TokenSet;
import io.github.swscan.text.TokenSource;
import io.github.swscan.text.tokenizer.Tokenizer;
import io.github.swscan.text.task.Request;
import io.github.swscan.text.task.Task;
import io.github.swscan.weight.StoredWeight;
import java.io.PrintWriter;
import java.io.StringWriter;
import io.github.swscan.weight.WeightNameException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code swscan ablate}. */
@Command(
        name = "ablate",
        description = "Measures what removing, scaling, flipping and restoring weights does to a model.",
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
            "  swscan ablate --top 5",
            "  swscan ablate models-sample/super-weight-1.5m --top 1 --largest 7000",
            "  swscan ablate MODEL --weight 1:57:123 --only remove,restore,control"
        })
final class AblateCommand implements Callable<Integer> {

    @Spec
    private CommandSpec command;

    @Parameters(
            arity = "0..1",
            paramLabel = "MODEL",
            description =
                    "The model, as for detect; its super weights are detected first. Without it, model and ranking "
                            + "come from the newest report in the working folder.")
    private Optional<Path> modelPath;

    @Mixin
    private ConfigOption configOption;

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
    private ReportOption reportOption;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "table",
            description = "What is printed: table, for people to read, or json, the report itself, even with "
                    + "--quiet (default: ${DEFAULT-VALUE}).")
    private Format format;

    @Option(
            names = "--save-edited",
            paramLabel = "DIR",
            description =
                    "Also write a copy of the checkpoint in which the changes of one variant are really made, for "
                            + "other programs to try. Safetensors only; DIR must not exist, or be empty.")
    private Optional<Path> saveEdited;

    @Option(
            names = "--variant",
            paramLabel = "NAME",
            description = "The variant for --save-edited, as the table names it (default: all weights removed).")
    private Optional<String> savedVariant;

    @Mixin
    private OutputOptions output;

    /** The tables, held back until it is known that the model did not change meanwhile. */
    private final StringWriter printed = new StringWriter();

    @Override
    public Integer call() {
        long start = System.nanoTime();
        output.configureLogging();
        ablationOptions.check();
        if (savedVariant.isPresent() && saveEdited.isEmpty()) {
            throw ablationOptions.wrong("--variant needs --save-edited DIR");
        }
        tokenOptions.check();
        taskOptions.check();
        generationOptions.check();
        engineOptions.check();
        Path reportFile = reportOption.file(ReportOption.ABLATION);
        AtomicFile.checkWritable(reportFile);

        Optional<LatestReport> ranking = modelPath.isPresent() ? Optional.empty() : Optional.of(latestReport());
        AblationReport report = ModelArguments.read(
                modelPath.orElseGet(() -> reportedModel(ranking.orElseThrow())),
                configOption.file(),
                model -> ablate(model, ranking, reportFile, start));
        byte[] json = JsonWriter.write(report);
        AtomicFile.write(reportFile, json);
        PrintWriter out = command.commandLine().getOut();
        out.print(format == Format.JSON ? new String(json, StandardCharsets.UTF_8) : printed.toString());
        out.flush();
        return ExitCode.DONE;
    }

    private AblationReport ablate(
            ModelArguments.OpenModel model, Optional<LatestReport> ranking, Path reportFile, long start) {
        engineOptions.prepare();
        ForwardPass.readAhead(model.architecture(), model.checkpoint());
        reportOption.checkDistinctFrom(
                Stream.of(
                                model.files(),
                                tokenOptions.files(),
                                taskOptions.files(),
                                ranking.stream().map(LatestReport::file))
                        .flatMap(files -> files),
                reportFile);
        saveEdited.ifPresent(folder -> editedCopy(model).check(folder));
        Optional<Tokenizer> tokenizer = model.tokenizer();
        try {
            Ablated ablated = ablate(model, ranking, tokenizer, start);
            ablated.saved().ifPresent(variant -> save(model, variant));
            if (format == Format.TABLE && !output.quiet()) {
                screen().result(ablated.report(), reportFile);
                ablated.saved().ifPresent(variant -> screen().copy(variant.name(), saveEdited.orElseThrow()));
            }
            return ablated.report();
        } finally {
            tokenizer.ifPresent(Tokenizer::close);
        }
    }

    /** @param saved the variant that is to be written into files */
    private record Ablated(AblationReport report, Optional<Variant> saved) {}

    private Ablated ablate(
            ModelArguments.OpenModel model, Optional<LatestReport> ranking, Optional<Tokenizer> tokenizer, long start) {
        TokenSet tokens = tokenOptions.tokens(model, tokenizer, ablationOptions.seed());
        List<Task> tasks = taskOptions.read(model, tokenizer);
        int[] prompt = GenerationOptions.prompt(tokens, tokenOptions.givesPrompts());
        OptionalInt generated = generationOptions.tokens(model, prompt);
        AblationSettings settings = ablationOptions.settings();
        AtomicLong bytesRead = new AtomicLong();
        Optional<List<StoredWeight>> known = knownWeights(model, ranking);
        try (TorchEngine engine = engineOptions.start(output.quiet())) {
            Precision precision = engineOptions.precision(model.size().dtype(), engine);
            if (format == Format.TABLE && !output.quiet()) {
                screen().header(
                                model,
                                known.isPresent() ? tokens.evaluationAlone() : tokens,
                                engine.device(),
                                precision);
            }
            RunnableModel running = new RunnableModel(model.architecture(), model.checkpoint(), engine, precision);
            List<StoredWeight> weights = known.orElseGet(() -> detected(model, running, tokens, bytesRead));
            List<Variant> variants = variants(model, weights, settings, bytesRead);
            if (variants.isEmpty()) {
                throw ablationOptions.wrong("--only leaves no experiment to make with " + weights.size()
                        + (weights.size() == 1 ? " weight" : " weights"));
            }
            Optional<Variant> saved = saveEdited.map(folder -> saved(model, folder, variants));
            Ablation ablation = new Ablation(
                    running, model.model(), tokens, tasks, tokenizer.map(StopWords::of), ablationOptions.seed());
            Optional<Continuations> continuations = generated.stream()
                    .mapToObj(count -> new Continuations(
                            running, prompt, count, model.config().endTokens()))
                    .findFirst();
            Ablation.Plan plan = ablation.plan(variants.size());
            if (format == Format.TABLE && !output.quiet()) {
                screen().plan(
                                variants.size(),
                                plan,
                                continuations
                                        .map(given -> given.readings(variants.size()))
                                        .orElse(0));
            }
            AblationResult result;
            try (ProgressDisplay progress = progress(ReadingSize.bytes(model, plan))) {
                result = ablation.run(variants, counted(bytesRead, progress));
            }
            List<List<Integer>> continued = continuations
                    .map(given -> continued(model, given, variants, bytesRead))
                    .orElse(List.of());
            AblationReporter reports = new AblationReporter(
                    weights, variants, result, continued, ids -> tokenizer.map(given -> given.decode(ids)));
            AblationReport report = new AblationReport(
                    AblationReport.SCHEMA_VERSION,
                    new Tool("swscan", Version.number()),
                    Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                    DetectCommand.describe(model),
                    new AblationReport.Run(
                            engine.device(),
                            precision.label(),
                            tokens.source().label(),
                            tokens.evaluationText(),
                            ablation.sequences(),
                            result.predictions(),
                            result.readings(),
                            bytesRead.get(),
                            (System.nanoTime() - start) / 1_000_000,
                            ProcessMemory.peakBytes()),
                    reports.settings(settings, weightSource(ranking)),
                    reports.baseline(),
                    reports.weights(),
                    continuations.map(given -> new AblationReport.Generation(
                            reports.text(Arrays.stream(prompt).boxed().toList()),
                            generated.getAsInt(),
                            given.readings(variants.size()))),
                    reports.variants(),
                    notes(model, tokens, tasks, weights.size(), result));
            return new Ablated(report, saved);
        }
    }

    private List<List<Integer>> continued(
            ModelArguments.OpenModel model, Continuations continuations, List<Variant> variants, AtomicLong bytesRead) {
        int readings = continuations.readings(variants.size());
        long total = ReadingSize.bytes(model, new Ablation.Plan(readings, readings, readings));
        try (ProgressDisplay progress = progress(total)) {
            return continuations.run(variants, counted(bytesRead, progress));
        }
    }

    private static LatestReport latestReport() {
        Path folder = Path.of("");
        return LatestReport.in(folder)
                .orElseThrow(() -> new MissingInputException(
                        folder.toAbsolutePath(),
                        "",
                        "holds no report of swscan",
                        "run 'swscan detect MODEL' here first, or name the model"));
    }

    private static Path reportedModel(LatestReport ranking) {
        String named = ranking.report().model().path();
        try {
            Path model = Path.of(named);
            if (!named.isEmpty() && Files.exists(model)) {
                return model;
            }
        } catch (InvalidPathException e) {
            throw new MalformedInputException(ranking.file(), "model.path", "is not a path: " + e.getReason(), "", e);
        }
        throw new MissingInputException(
                ranking.file(),
                "model.path",
                "names " + named + ", which does not exist",
                "run 'swscan detect MODEL' here again, or name the model");
    }

    /** Those that need no detection. */
    private Optional<List<StoredWeight>> knownWeights(ModelArguments.OpenModel model, Optional<LatestReport> ranking) {
        WeightSelection selection = new WeightSelection(model);
        if (!ablationOptions.weightNames().isEmpty()) {
            try {
                return Optional.of(selection.named(ablationOptions.weightNames()));
            } catch (WeightNameException e) {
                throw ablationOptions.wrong("--weight: " + e.getMessage());
            }
        }
        return ranking.map(report -> selection.reported(report, ablationOptions.top()));
    }

    private List<StoredWeight> detected(
            ModelArguments.OpenModel model, RunnableModel running, TokenSet tokens, AtomicLong bytesRead) {
        Measure measure = tokens.source() == TokenSource.PROMPTS ? Measure.PERPLEXITY_RATIO : Measure.KL_DIVERGENCE;
        DetectionSettings settings = DetectionSettings.standard(measure, ablationOptions.seed());
        try (ProgressDisplay progress = progress(ReadingSize.bytes(model, tokens))) {
            Detection found = new Detector(running, List.of(tokens), settings, counted(bytesRead, progress)).detect();
            if (found.breakdown().isPresent()) {
                throw Ablation.notFinite(model.model());
            }
            DetectionReporter detection =
                    new DetectionReporter(found, settings, model.architecture(), model.checkpoint());
            if (detection.ranking().isEmpty()) {
                throw new MissingInputException(
                        model.model(), "", "has no candidate for a super weight", "name a weight with --weight");
            }
            return new WeightSelection(model).detected(detection.ranking(), ablationOptions.top());
        }
    }

    private List<Variant> variants(
            ModelArguments.OpenModel model,
            List<StoredWeight> weights,
            AblationSettings settings,
            AtomicLong bytesRead) {
        try (ProgressDisplay progress = progress(model.size().bytes())) {
            return Variants.of(
                    model.architecture(), model.checkpoint(), weights, settings, counted(bytesRead, progress));
        } catch (ValueTooLargeException e) {
            throw ablationOptions.wrong("--scales: " + e.getMessage());
        }
    }

    /** The variant that is written into files. */
    private Variant saved(ModelArguments.OpenModel model, Path folder, List<Variant> variants) {
        Optional<Variant> chosen = savedVariant.isPresent()
                ? variants.stream()
                        .filter(variant -> variant.name().equals(savedVariant.get()))
                        .findFirst()
                : Stream.of("remove-all", "remove-1")
                        .flatMap(name -> variants.stream()
                                .filter(variant -> variant.name().equals(name)))
                        .findFirst();
        Variant variant = chosen.orElseThrow(() -> ablationOptions.wrong(savedVariant
                        .map(name -> "--variant: there is no variant " + name + " among ")
                        .orElse("--save-edited: --only leaves out the removal of all weights; name a --variant of ")
                + variants.stream().map(Variant::name).collect(Collectors.joining(", "))));
        if (!variant.restorations().isEmpty()) {
            throw ablationOptions.wrong(
                    "--variant " + variant.name() + " puts an activation back, which no file can hold");
        }
        editedCopy(model).check(folder, variant.stored());
        return variant;
    }

    private void save(ModelArguments.OpenModel model, Variant variant) {
        CheckpointCopy copy = editedCopy(model);
        try (ProgressDisplay progress = progress(copy.bytes())) {
            copy.write(saveEdited.orElseThrow(), variant.stored(), progress);
        }
    }

    private static CheckpointCopy editedCopy(ModelArguments.OpenModel model) {
        return new CheckpointCopy(model.location(), model.checkpoint());
    }

    private ProgressDisplay progress(long total) {
        return ProgressDisplay.of(total, command.commandLine().getErr(), output.quiet());
    }

    private static LongConsumer counted(AtomicLong bytesRead, ProgressDisplay progress) {
        return bytes -> {
            bytesRead.addAndGet(bytes);
            progress.accept(bytes);
        };
    }

    private String weightSource(Optional<LatestReport> ranking) {
        if (!ablationOptions.weightNames().isEmpty()) {
            return "options";
        }
        return ranking.map(report -> report.file().getFileName().toString()).orElse("detection");
    }

    private List<String> notes(
            ModelArguments.OpenModel model, TokenSet tokens, List<Task> tasks, int weights, AblationResult result) {
        List<String> notes = new ArrayList<>(model.notes());
        notes.addAll(ablationOptions.unmet(weights));
        switch (tokens.source()) {
            case PROMPTS -> {}
            case TOKEN_IDS -> notes.add("Effects were measured on the given token ids.");
            case SYNTHETIC -> notes.add(model.withoutTokenizer() + ": effects were measured on random token ids.");
        }
        for (Task task : tasks) {
            long truncated = task.requests().stream().filter(Request::truncated).count();
            if (truncated > 0) {
                notes.add("Of the %,d texts of %s, %,d are longer than the context and lost their beginning."
                        .formatted(task.requests().size(), task.name(), truncated));
            }
        }
        if (result.readings() > 1) {
            notes.add("The checkpoint was read " + result.readings() + " times to run everything.");
        }
        return notes;
    }

    private AblationScreen screen() {
        return new AblationScreen(new Screen(new PrintWriter(printed), output.ansi()));
    }
}
