package io.github.swscan.scan;

import io.github.swscan.checkpoint.CheckpointFile;
import io.github.swscan.detect.Detection;
import io.github.swscan.detect.DetectionBudget;
import io.github.swscan.detect.DetectionReporter;
import io.github.swscan.detect.DetectionSettings;
import io.github.swscan.detect.Detector;
import io.github.swscan.engine.EngineFailure;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.ProcessMemory;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.forward.ForwardPass;
import io.github.swscan.forward.RunnableModel;
import io.github.swscan.input.InputException;
import io.github.swscan.input.UnsafePickleException;
import io.github.swscan.input.UnsupportedInputException;
import io.github.swscan.input.WrongRequestException;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.ModelSummary;
import io.github.swscan.text.TokenSet;
import io.github.swscan.weight.OriginalWeights;
import io.github.swscan.weight.Sites;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.Stream;

/** Finds the super weights of a model: from a request to a report. */
public final class DetectionScan {

    private DetectionScan() {}

    /**
     * Runs a detection.
     *
     * @param engines starts the engine once the model is known to be usable; stays open
     * @throws UnsafePickleException if a file of weights wants to load what no weights need, and the request does not ask
     *     for a report of that
     * @throws InputException if the model, or what it is to read, cannot be used
     * @throws WrongRequestException if the request does not fit the model
     * @throws EngineFailure if the engine does not start
     */
    public static DetectionReport run(DetectionRequest request, LazyEngine engines, ScanListener listener) {
        try {
            long start = System.nanoTime();
            Optional<DetectionReport> baseline = StoredReport.baseline(request.baseline());
            DetectionReport found = OpenModel.read(
                    request.model(),
                    request.config(),
                    model -> withOriginal(
                            request, model, original -> scanned(request, model, original, engines, listener, start)));
            DetectionReport report = StoredReport.heldTo(found, request.policy(), request.baseline(), baseline);
            listener.finished(report);
            return report;
        } catch (UnsafePickleException unsafe) {
            if (!request.tellsUnsafe()) {
                throw unsafe;
            }
            DetectionReport report = request.policy().applied(UnsafeModel.report(request, unsafe));
            listener.finished(report);
            return report;
        } finally {
            listener.ended();
        }
    }

    private static ModelSummary withDigests(OpenModel model, ScanListener listener) {
        long bytes = model.checkpoint().files().stream()
                .mapToLong(CheckpointFile::bytes)
                .sum();
        try (Reading reading = new Reading(listener, bytes, 1, new AtomicLong())) {
            return model.summary(file -> Optional.of(model.checkpoint().sha256(file, reading)));
        }
    }

    /** Opens the checkpoint that the model was made from too, if one is named, and holds their sizes against each other. */
    private static DetectionReport withOriginal(
            DetectionRequest request, OpenModel model, Function<Optional<OpenModel>, DetectionReport> scan) {
        if (request.against().isEmpty()) {
            return scan.apply(Optional.empty());
        }
        return OpenModel.read(request.against(), "", original -> {
            OriginalWeights.difference(Sites.of(model.architecture()), Sites.of(original.architecture()))
                    .ifPresent(difference -> {
                        throw new UnsupportedInputException(
                                original.model(),
                                "",
                                "has " + difference.original() + " where " + model.model() + " has "
                                        + difference.model(),
                                "name the checkpoint that the model was made from");
                    });
            return scan.apply(Optional.of(original));
        });
    }

    private static DetectionReport scanned(
            DetectionRequest request,
            OpenModel model,
            Optional<OpenModel> original,
            LazyEngine engines,
            ScanListener listener,
            long start) {
        listener.modelOpened(model.header());
        engines.prepare();
        ForwardPass.readAhead(model.architecture(), model.checkpoint());
        Outputs.requireDistinct(
                request.outputs(),
                Stream.of(
                                model.files(),
                                request.tokens().files(),
                                original.stream().flatMap(OpenModel::files))
                        .flatMap(files -> files));
        request.tokens().files().forEach(model::watch);
        DetectionBudget budget = DetectionBudget.of(model.size().parameters(), request.thorough());
        TokenSet tokens =
                model.tokens(request.tokens(), budget.text(), request.rules().seed());
        DetectionSettings settings = request.rules().settings(model.architecture(), tokens.source(), budget);
        TorchEngine engine = engines.get();
        Precision precision = request.precision().on(engine, model.size().is16BitOrLess());
        listener.engineStarted(new RunHeader(tokens, engine.device(), precision.label(), engine.fallback()));

        Detection detection;
        AtomicLong bytesRead = new AtomicLong();
        ReadingSize size = ReadingSize.ofDetection(model, tokens);
        try (Reading reading = new Reading(listener, size.bytes(model), size.readings(), bytesRead)) {
            RunnableModel running = new RunnableModel(model.architecture(), model.checkpoint(), engine, precision);
            detection = new Detector(running, tokens, settings, reading).detect();
        }

        DetectionReporter judged =
                new DetectionReporter(detection, tokens, settings, model.architecture(), model.checkpoint());
        return judged.report(
                Version.tool(),
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                request.digests() ? withDigests(model, listener) : model.summary(),
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
                original.map(opened -> OriginalWeights.of(
                        Sites.of(model.architecture()), Sites.of(opened.architecture()), opened.checkpoint())),
                DetectionNotes.of(model, tokens, detection, judged.near()));
    }
}
