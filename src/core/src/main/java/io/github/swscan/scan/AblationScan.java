package io.github.swscan.scan;

import io.github.swscan.ablate.Ablation;
import io.github.swscan.ablate.AblationReporter;
import io.github.swscan.ablate.AblationResult;
import io.github.swscan.ablate.AblationSettings;
import io.github.swscan.ablate.Continuations;
import io.github.swscan.ablate.Targets;
import io.github.swscan.ablate.ValueTooLargeException;
import io.github.swscan.ablate.Variant;
import io.github.swscan.ablate.Variants;
import io.github.swscan.ablate.WrittenVariant;
import io.github.swscan.detect.DetectionBudget;
import io.github.swscan.engine.EngineFailure;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.ProcessMemory;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.forward.ForwardPass;
import io.github.swscan.forward.RunnableModel;
import io.github.swscan.input.InputException;
import io.github.swscan.input.UnsupportedInputException;
import io.github.swscan.input.WrongRequestException;
import io.github.swscan.output.OutputFailure;
import io.github.swscan.report.AblationReport;
import io.github.swscan.report.json.LatestReport;
import io.github.swscan.text.StopWords;
import io.github.swscan.text.TokenSet;
import io.github.swscan.text.task.Task;
import io.github.swscan.text.task.TaskName;
import io.github.swscan.text.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/** Measures what changes to weights do to a model: from a request to a report. */
public final class AblationScan {

    private final AtomicLong bytesRead = new AtomicLong();
    private final AblationRequest request;
    private final OpenModel model;
    private final Optional<LatestReport> ranking;
    private final LazyEngine engines;
    private final ScanListener listener;
    private final long start;

    private AblationScan(
            AblationRequest request,
            OpenModel model,
            Optional<LatestReport> ranking,
            LazyEngine engines,
            ScanListener listener,
            long start) {
        this.request = request;
        this.model = model;
        this.ranking = ranking;
        this.engines = engines;
        this.listener = listener;
        this.start = start;
    }

    /**
     * Runs an ablation. A copy is made before the report is told to be finished.
     *
     * @param engines starts the engine once the model is known to be usable; stays open
     * @throws InputException if the model, or what it is to read, cannot be used
     * @throws WrongRequestException if the request does not fit the model
     * @throws EngineFailure if the engine does not start
     * @throws OutputFailure if the copy cannot be written
     */
    public static AblationReport run(AblationRequest request, LazyEngine engines, ScanListener listener) {
        try {
            long start = System.nanoTime();
            Optional<LatestReport> ranking = request.model().isEmpty()
                    ? Optional.of(Ranking.in(Path.of(request.reportFolder())))
                    : Optional.empty();
            ranking.map(LatestReport::file).ifPresent(listener::reportChosen);
            AblationReport report = OpenModel.read(
                    ranking.map(Ranking::model).map(Path::toString).orElse(request.model()),
                    request.config(),
                    model -> new AblationScan(request, model, ranking, engines, listener, start).run());
            listener.finished(report);
            return report;
        } finally {
            listener.ended();
        }
    }

    private AblationReport run() {
        if (model.architecture().head().isEmpty()) {
            throw new UnsupportedInputException(
                    model.model(),
                    "",
                    "has no language-modelling head, so that it predicts nothing that edits could change",
                    "swscan detect judges it by its last hidden state");
        }
        if (model.architecture().predictsMasked()) {
            refuseContinuations();
        }
        listener.modelOpened(model.header());
        engines.prepare();
        ForwardPass.readAhead(model.architecture(), model.checkpoint());
        Outputs.requireDistinct(
                request.outputs(),
                Stream.of(model.files(), request.files(), ranking.stream().map(LatestReport::file))
                        .flatMap(files -> files));
        request.files().forEach(model::watch);
        long copied =
                request.copy().map(folder -> VariantCopy.check(model, folder)).orElse(0L);
        Optional<Tokenizer> tokenizer =
                request.tokens().givesTokenIds() ? model.tokenizerIfUsable() : model.tokenizer();
        try {
            return run(tokenizer, copied);
        } finally {
            tokenizer.ifPresent(Tokenizer::close);
        }
    }

    private void refuseContinuations() {
        if (request.generated() > 0 || !request.tasks().isEmpty()) {
            throw new UnsupportedInputException(
                    model.model(),
                    "",
                    "predicts masked tokens, not how a text goes on",
                    "leave out " + (request.tasks().isEmpty() ? "--generate" : "--task"));
        }
    }

    private AblationReport run(Optional<Tokenizer> tokenizer, long copied) {
        AblationBudget budget = AblationBudget.of(model.size().parameters());
        DetectionBudget detection = DetectionBudget.of(model.size().parameters(), false);
        TokenSet tokens = model.tokens(
                request.tokens(),
                tokenizer,
                budget.text(request.tokens(), detection),
                request.settings().seed());
        List<Task> tasks = tasks(tokenizer);
        Optional<GenerationPlan> generation = GenerationPlan.of(request, model, tokens);
        AblationTargets selection = new AblationTargets(request, model, ranking);
        Optional<Targets> known = selection.known();
        Optional<TokenSet> detected = known.isPresent() ? Optional.empty() : Optional.of(selection.tokens(tokens));

        TorchEngine engine = engines.get();
        Precision precision = request.precision().on(engine, model.size().is16BitOrLess());
        listener.engineStarted(
                new RunHeader(tokens.evaluationAlone(), engine.device(), precision.label(), engine.fallback()));
        RunnableModel running = new RunnableModel(model.architecture(), model.checkpoint(), engine, precision);
        Ablation ablation = new Ablation(
                running,
                model.model(),
                tokens,
                tasks,
                tokenizer.map(StopWords::of),
                request.settings().seed());
        Optional<Continuations> continuations = generation.map(plan -> continuations(running, plan));

        ReadingSize size = foreseen(detected, ablation, continuations, selection.mostVariants(known));
        Measured measured;
        try (Reading reading =
                new Reading(listener, size.bytes(model) + copied, size.readings() + (copied > 0 ? 1 : 0), bytesRead)) {
            Targets targets = known.orElseGet(() -> selection.detected(running, detected.orElseThrow(), reading));
            measured = measured(targets, ablation, continuations, reading);
        }

        AblationReporter reporter = new AblationReporter(
                measured.targets().targets(),
                measured.variants(),
                measured.result(),
                measured.continued(),
                generation.map(GenerationPlan::tokens).orElse(0),
                ids -> tokenizer.map(given -> given.decode(ids)));
        return new AblationReport(
                AblationReport.SCHEMA_VERSION,
                Version.tool(),
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                model.summary(),
                new AblationReport.Run(
                        engine.device(),
                        precision.label(),
                        tokens.source().label(),
                        tokens.evaluationText(),
                        ablation.sequences(),
                        measured.result().predictions(),
                        measured.result().readings(),
                        bytesRead.get(),
                        (System.nanoTime() - start) / 1_000_000,
                        ProcessMemory.peakBytes()),
                reporter.settings(request.settings(), selection.source()),
                reporter.baseline(),
                reporter.weights(),
                reporter.lines(),
                generation.map(given -> new AblationReport.Generation(
                        reporter.text(given.prompt()), given.tokens(), measured.furtherReadings())),
                reporter.variants(),
                measured.copy().map(reporter::copy),
                AblationNotes.of(model, request, tokens, tasks, measured.targets(), measured.result()));
    }

    /**
     * All that takes reading the checkpoint.
     *
     * @param continued what texts go on with; empty if none are asked for
     * @param furtherReadings how often the checkpoint was read for that at most
     * @param copy what was copied, if a copy was asked for
     */
    private record Measured(
            Targets targets,
            List<Variant> variants,
            AblationResult result,
            List<List<Integer>> continued,
            int furtherReadings,
            Optional<WrittenVariant> copy) {}

    private Measured measured(
            Targets targets, Ablation ablation, Optional<Continuations> continuations, LongConsumer reading) {
        List<Variant> variants = variants(targets, reading);
        Optional<VariantCopy> copy =
                request.copy().map(folder -> VariantCopy.of(model, folder, request.copiedVariant(), variants));
        Optional<WrittenVariant> written = copy.map(VariantCopy::written);
        // What differs from the variant that was chosen is one of its own.
        List<Variant> measured = Stream.concat(
                        variants.stream(), written.filter(one -> !one.isExact()).map(WrittenVariant::model).stream())
                .toList();
        int furtherReadings =
                continuations.map(given -> given.readings(variants.size())).orElse(0);
        listener.planned(
                new AblationPlan(measured.size(), ablation.plan(measured.size()).readings(), furtherReadings));
        AblationResult result = ablation.run(measured, reading);
        List<List<Integer>> continued =
                continuations.map(given -> given.run(variants, reading)).orElse(List.of());
        copy.ifPresent(chosen -> chosen.write(listener::bytesRead));
        return new Measured(targets, variants, result, continued, furtherReadings, written);
    }

    /** All that is read, of so many variants. */
    private ReadingSize foreseen(
            Optional<TokenSet> detected, Ablation ablation, Optional<Continuations> continuations, int variants) {
        Stream<ReadingSize> before = Stream.concat(
                detected.map(read -> ReadingSize.ofDetection(model, read)).stream(),
                request.settings().makesLargest() ? Stream.of(ReadingSize.ofWeights()) : Stream.empty());
        Stream<ReadingSize> after = Stream.concat(
                Stream.of(ReadingSize.of(ablation.plan(variants))),
                continuations.map(given -> ReadingSize.ofTokens(given.readings(variants))).stream());
        return Stream.concat(before, after).reduce(ReadingSize::plus).orElseThrow();
    }

    /** Each one once. */
    private List<Task> tasks(Optional<Tokenizer> tokenizer) {
        return request.tasks().stream()
                .distinct()
                .map(name -> new TaskName(name)
                        .read(
                                tokenizer.orElseThrow(() -> model.noTokenizer(
                                        "tasks cannot be read",
                                        "put the model's tokenizer.json beside the weights, or leave out --task")),
                                model.architecture().contextLength()))
                .toList();
    }

    private List<Variant> variants(Targets targets, LongConsumer reading) {
        List<Variant> variants = planned(targets, request.settings(), reading);
        if (variants.isEmpty()) {
            int count = targets.targets().size();
            throw new WrongRequestException(
                    "--only leaves no experiment to make with " + count + (count == 1 ? " weight" : " weights"));
        }
        return variants;
    }

    /** A variant that is asked for by its name is made whether or not its kind is. */
    private List<Variant> planned(Targets targets, AblationSettings settings, LongConsumer reading) {
        List<Variant> variants = variants(targets, settings, reading);
        if (settings.full()
                || variants.stream().anyMatch(variant -> variant.name().equals(request.copiedVariant()))) {
            return variants;
        }
        Stream<Variant> named = request.copiedVariant().isEmpty()
                ? Stream.empty()
                : variants(targets, settings.inFull(), reading).stream()
                        .filter(variant -> variant.name().equals(request.copiedVariant()));
        return Stream.concat(variants.stream(), named).toList();
    }

    private List<Variant> variants(Targets targets, AblationSettings settings, LongConsumer reading) {
        try {
            return Variants.of(model.architecture(), model.checkpoint(), targets, settings, reading);
        } catch (ValueTooLargeException e) {
            throw new WrongRequestException("--scales: " + e.getMessage(), e);
        }
    }

    private Continuations continuations(RunnableModel running, GenerationPlan plan) {
        int[] prompt = plan.prompt().stream().mapToInt(Integer::intValue).toArray();
        return new Continuations(running, prompt, plan.tokens(), model.config().endTokens());
    }
}
