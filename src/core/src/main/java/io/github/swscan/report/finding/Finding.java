package io.github.swscan.report.finding;

import io.github.swscan.report.DetectionReport.Effect;
import io.github.swscan.report.Verdict;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Something that a report tells and that matters.
 *
 * @param description what it is, a few words: {@code weight 1:57:123}, the layer, the expert of a mixture, row and column.
 *     No two findings of a rule in a report have the same
 * @param message what it is and what it does, a sentence
 * @param weights their names, as in the members of sets; none where it is about no single weights
 * @param places where it lies, the first weight first; none where it lies nowhere
 * @param verdict what it is judged to be; empty where it is not judged by an effect
 * @param effect what the verdict goes by
 */
public record Finding(
        FindingRule rule,
        String description,
        String message,
        List<String> weights,
        List<Place> places,
        Optional<Verdict> verdict,
        Optional<Effect> effect) {

    /** By verdict, then by how far predictions, the vectors of texts or the hidden state move. */
    public static final Comparator<Finding> STRONGEST_FIRST = Comparator.comparing(
                    (Finding finding) -> finding.verdict.orElse(Verdict.CRITICAL))
            .thenComparing(Comparator.comparingDouble(Finding::change).reversed());

    /**
     * A place in a file of the model.
     *
     * @param file its name
     * @param offset in bytes from the start of the file
     * @param tensor empty where it is in none
     */
    public record Place(
            String file,
            long offset,
            Optional<String> tensor,
            Optional<Integer> expert,
            Optional<Integer> row,
            Optional<Integer> column,
            Optional<Float> value) {}

    private double change() {
        return effect.flatMap(known -> known.klDivergence()
                        .or(() -> known.embeddingCosine().map(cosine -> 1 - cosine))
                        .or(known::hiddenChange))
                .orElse(Double.MAX_VALUE);
    }
}
