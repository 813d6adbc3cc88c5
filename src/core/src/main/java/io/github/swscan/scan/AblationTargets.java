package io.github.swscan.scan;

import io.github.swscan.ablate.Ablation;
import io.github.swscan.ablate.Targets;
import io.github.swscan.detect.Detection;
import io.github.swscan.detect.DetectionBudget;
import io.github.swscan.detect.DetectionReporter;
import io.github.swscan.detect.DetectionRules;
import io.github.swscan.detect.DetectionSettings;
import io.github.swscan.detect.Detector;
import io.github.swscan.forward.RunnableModel;
import io.github.swscan.input.MissingInputException;
import io.github.swscan.report.json.LatestReport;
import io.github.swscan.text.TokenSet;
import java.util.Optional;
import java.util.function.Function;

/** What an ablation is about: what the user names, the ranking of a report, or that of a detection that comes first. */
final class AblationTargets {

    private final AblationRequest request;
    private final OpenModel model;
    private final Optional<LatestReport> ranking;

    /** @param ranking the report that model and ranking come from; empty if a model is given */
    AblationTargets(AblationRequest request, OpenModel model, Optional<LatestReport> ranking) {
        this.request = request;
        this.model = model;
        this.ranking = ranking;
    }

    /** Those that need no detection. */
    Optional<Targets> known() {
        WeightSelection selection = new WeightSelection(model);
        return request.weights().isEmpty()
                ? ranking.map(report -> selection.reported(report, request.mostWeights()))
                : Optional.of(selection.named(request.weights()));
    }

    /**
     * Those of a detection as {@code detect} makes it.
     *
     * @param read what the ablation reads; the detection reads it too where it comes from files, which may be pipes that
     *     can be read only once
     * @param reading is given how much will be read
     */
    Targets detected(RunnableModel running, TokenSet read, Function<ReadingSize, Reading> reading) {
        long seed = request.settings().seed();
        DetectionBudget budget = DetectionBudget.of(model.size().parameters(), false);
        TokenSet tokens = request.tokens().files().findAny().isPresent()
                ? read
                : model.tokens(request.tokens(), budget.text(), seed);
        DetectionSettings settings =
                DetectionRules.standard(seed).settings(model.architecture(), tokens.source(), budget);
        try (Reading bytesRead = reading.apply(ReadingSize.ofDetection(tokens))) {
            Detection found = new Detector(running, tokens, settings, bytesRead).detect();
            if (found.breakdown().isPresent()) {
                throw Ablation.notFinite(model.model());
            }
            DetectionReporter detection =
                    new DetectionReporter(found, tokens, settings, model.architecture(), model.checkpoint());
            if (detection.ranking().isEmpty()) {
                throw new MissingInputException(
                        model.model(), "", "has no candidate for a super weight", "name a weight with --weight");
            }
            return new WeightSelection(model).detected(detection.ranking(), found.sets(), request.mostWeights());
        }
    }

    /** What the report says of where they come from. */
    String source() {
        if (!request.weights().isEmpty()) {
            return "options";
        }
        return ranking.map(report -> report.file().getFileName().toString()).orElse("detection");
    }
}
