package io.github.swscan.report.text;

import io.github.swscan.report.AblationReport;
import io.github.swscan.report.AblationReport.Estimate;
import io.github.swscan.report.AblationReport.Variant;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What an ablation comes to, in a few sentences: what removal does, what does more, and what ordinary weights do. */
public final class AblationConclusion {

    private static final EffectUnit UNIT = EffectUnit.PERPLEXITY;

    private AblationConclusion() {}

    public static String of(AblationReport report) {
        Optional<Variant> removal = removal(report);
        Optional<Variant> strongest = report.variants().stream()
                .filter(variant -> !isOrdinary(variant))
                .max(Comparator.comparingDouble(AblationConclusion::ratio));
        if (strongest.isEmpty()) {
            return "Nothing was changed but ordinary weights.";
        }
        return Stream.of(
                        removal.map(variant -> removalSentence(report, variant)).stream(),
                        strongest
                                .filter(variant -> removal.isEmpty() || ratio(variant) > 1.05 * ratio(removal.get()))
                                .map(AblationConclusion::strongestSentence)
                                .stream(),
                        ordinary(report))
                .flatMap(sentences -> sentences)
                .collect(Collectors.joining(" "));
    }

    /** What is done to weights that are there to compare with. */
    public static boolean isOrdinary(Variant variant) {
        return variant.kind().equals("control") || variant.kind().equals("largest");
    }

    /** The variant that removes all that the ablation is about. */
    public static Optional<Variant> removal(AblationReport report) {
        int all = report.weights().size() + report.lines().size();
        return report.variants().stream()
                .filter(variant ->
                        variant.kind().equals("remove") && variant.weights().size() == all)
                .findFirst();
    }

    private static String removalSentence(AblationReport report, Variant variant) {
        int lines = report.lines().size();
        int all = report.weights().size() + lines;
        String what =
                switch (all) {
                    case 1 -> lines == 0 ? "the weight" : "the row or column";
                    default -> "all %d weights%s".formatted(all, lines == 0 ? "" : ", rows and columns");
                };
        return "Removing %s %s%s."
                .formatted(
                        what,
                        UNIT.sentence(ratio(variant)),
                        interval(variant.effect().perplexityRatio()));
    }

    private static String strongestSentence(Variant variant) {
        return "The strongest change (%s) %s%s."
                .formatted(
                        variant.description(),
                        UNIT.sentence(ratio(variant)),
                        interval(variant.effect().perplexityRatio()));
    }

    private static Stream<String> ordinary(AblationReport report) {
        return report.variants().stream()
                .filter(variant -> variant.kind().equals("control"))
                .max(Comparator.comparingDouble(AblationConclusion::ratio))
                .map(control -> "Removing %s instead %s."
                        .formatted(
                                control.edits().size() == 1
                                        ? "an ordinary weight of similar magnitude"
                                        : "ordinary weights of similar magnitude",
                                UNIT.sentence(ratio(control))))
                .stream();
    }

    private static String interval(Estimate ratio) {
        return ratio.low().isEmpty() || UNIT.isNothing(ratio.value())
                ? ""
                : " (%s to %s)"
                        .formatted(
                                Numbers.rounded(ratio.low().get()),
                                Numbers.rounded(ratio.high().orElseThrow()));
    }

    private static double ratio(Variant variant) {
        return variant.effect().perplexityRatio().value();
    }
}
