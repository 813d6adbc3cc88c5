package io.github.swscan.scan;

import io.github.swscan.detect.Breakdown;
import io.github.swscan.detect.Detection;
import io.github.swscan.text.TokenSet;
import io.github.swscan.text.TokenSource;
import io.github.swscan.weight.NonFiniteTensor;
import java.util.ArrayList;
import java.util.List;

/** What readers of a detection's report should know of it. */
final class DetectionNotes {

    private DetectionNotes() {}

    /**
     * One sentence each.
     *
     * @param unclear how many verdicts may be others on more tokens than were taken
     */
    static List<String> of(OpenModel model, TokenSet tokens, Detection detection, long unclear) {
        List<String> notes = new ArrayList<>(model.notes());
        detection.breakdown().map(DetectionNotes::note).ifPresent(notes::add);
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
