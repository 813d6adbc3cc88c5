package io.github.swscan.scan;

import io.github.swscan.ablate.Ablation;
import io.github.swscan.ablate.Targets;
import io.github.swscan.detect.Detection;
import io.github.swscan.detect.DetectionBudget;
import io.github.swscan.detect.DetectionReporter;
import io.github.swscan.detect.DetectionRules;
import io.github.swscan.detect.DetectionSettings;
import io.github.swscan.detect.Detector;
import io.github.swscan.detect.FoundSet;
import io.github.swscan.forward.RunnableModel;
import io.github.swscan.input.MissingInputException;
import io.github.swscan.report.json.LatestReport;
import io.github.swscan.text.TokenSet;
import java.util.Optional;
import java.util.function.LongConsumer;

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
     * What a detection reads.
     *
     * @param read what the ablation reads; the detection reads it too where it comes from files, which may be pipes that
     *     can be read only once
     */
    TokenSet tokens(TokenSet read) {
        return request.tokens().files().findAny().isPresent()
                ? read
                : model.tokens(
                        request.tokens(), budget().text(), request.settings().seed());
    }

    /**
     * Those of a detection as {@code detect} makes it.
     *
     * @param tokens what it reads
     * @param bytesRead is told of every part of the checkpoint that is read, in bytes
     */
    Targets detected(RunnableModel running, TokenSet tokens, LongConsumer bytesRead) {
        DetectionSettings settings = DetectionRules.standard(request.settings().seed())
                .settings(model.architecture(), tokens.source(), budget());
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

    private DetectionBudget budget() {
        return DetectionBudget.of(model.size().parameters(), false);
    }

    /** How many variants there are at most, those of a detection that is still to be made included. */
    int mostVariants(Optional<Targets> known) {
        int weights = known.map(targets -> targets.targets().size()).orElse(request.mostWeights());
        int sets = known.map(targets -> targets.sets().size()).orElse(FoundSet.MOST);
        int named = request.copiedVariant().isEmpty() ? 0 : 1;
        int asWritten = request.copy().isEmpty() ? 0 : 1;
        return request.settings().mostVariants(weights, sets) + named + asWritten;
    }

    /** What the report says of where they come from. */
    String source() {
        if (!request.weights().isEmpty()) {
            return "options";
        }
        return ranking.map(report -> report.file().getFileName().toString()).orElse("detection");
    }
}
