package io.github.swscan.scan;

import io.github.swscan.detect.Breakdown;
import io.github.swscan.detect.Candidate;
import io.github.swscan.detect.Detection;
import io.github.swscan.detect.Proof;
import io.github.swscan.text.Masking;
import io.github.swscan.text.TokenSet;
import io.github.swscan.text.TokenSource;
import io.github.swscan.weight.Coordinate;
import io.github.swscan.weight.NonFiniteTensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What readers of a detection's report should know of it. */
final class DetectionNotes {

    private DetectionNotes() {}

    /**
     * One sentence each.
     *
     * @param near how many verdicts are near a threshold
     */
    static List<String> of(OpenModel model, TokenSet tokens, Detection detection, long near) {
        List<String> notes = new ArrayList<>(model.notes());
        detection.breakdown().map(DetectionNotes::note).ifPresent(notes::add);
        model.architecture()
                .whole()
                .ifPresent(whole -> notes.add("Only the text model of this " + whole + " model was scanned, as a "
                        + model.architecture().family() + " model; its other parts were left out."));
        boolean predicts = model.architecture().head().isPresent();
        if (!predicts) {
            notes.add("This model has no language-modelling head, so that it predicts nothing: verdicts go by how far "
                    + (model.architecture().sentenceEmbedding().isPresent()
                            ? "the embeddings of texts turn that it makes as modules.json says."
                            : "its last hidden state moves."));
        }
        String measure = predicts ? ", and verdicts go by KL divergence." : ".";
        if (tokens.source() == TokenSource.SYNTHETIC) {
            notes.add(model.withoutTokenizer() + ": peaks and effects come from random token ids" + measure);
        }
        if (tokens.source() == TokenSource.TOKEN_IDS) {
            notes.add("Peaks and effects come from the given token ids" + measure);
        }
        maskNote(model, tokens).ifPresent(notes::add);
        detection
                .baseline()
                .map(baseline -> Caution.of(baseline.tokens(), predicts ? "predicted token" : "token"))
                .ifPresent(notes::addAll);
        if (detection.untested() > 0 || detection.leftOut() > 0) {
            notes.add(leftOut(detection));
        }
        if (near > 0) {
            notes.add("%s near the threshold of another verdict: other text may tip %s."
                    .formatted(near == 1 ? "1 verdict is" : near + " verdicts are", near == 1 ? "it" : "them"));
        }
        if (!detection.hidden().isEmpty()) {
            notes.add(hidden(detection));
        }
        return notes;
    }

    /** How tokens were masked, where that was not given. */
    static Optional<String> maskNote(OpenModel model, TokenSet tokens) {
        boolean given = tokens.targets().isEmpty() || tokens.calibration().equals(tokens.evaluation());
        if (!model.predictsMasked() || given) {
            return Optional.empty();
        }
        String masked =
                "This model predicts masked tokens: effects are measured on %.0f %% of the ordinary tokens, chosen by --seed"
                        .formatted(100 * Masking.SHARE);
        return Optional.of(masked
                + (model.config().maskToken().isEmpty() && tokens.source() == TokenSource.SYNTHETIC
                        ? ", which stay in their places, for no mask token is known."
                        : "."));
    }

    private static String hidden(Detection detection) {
        Map<Coordinate, Integer> layers = detection.proofs().stream()
                .map(Proof::candidate)
                .collect(Collectors.toMap(Candidate::coordinate, Candidate::layer));
        return detection.hidden().stream()
                .map(pair -> Stream.of(pair.stronger(), pair.weaker())
                        .map(weight -> "%d:%d:%d".formatted(layers.get(weight), weight.row(), weight.column()))
                        .collect(Collectors.joining(" with ")))
                .collect(Collectors.joining(
                        ", ",
                        "Less together than the first alone, since one hides what the other does (layer:row:column): ",
                        "."));
    }

    private static String leftOut(Detection detection) {
        String spikes = detection.untested() == 0
                ? ""
                : detection.untested() + (detection.untested() == 1 ? " weaker spike" : " weaker spikes");
        String experiments = detection.leftOut() == 0
                ? ""
                : detection.leftOut() + (detection.leftOut() == 1 ? " experiment" : " experiments");
        return "Left out to keep to the budget: " + spikes + (spikes.isEmpty() || experiments.isEmpty() ? "" : " and ")
                + experiments + "; --thorough does more.";
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
