package io.github.swscan.report.text;

import static io.github.swscan.fixture.SmallReport.diffuse;
import static io.github.swscan.fixture.SmallReport.flipped;
import static io.github.swscan.fixture.SmallReport.harmless;
import static io.github.swscan.fixture.SmallReport.set;
import static io.github.swscan.fixture.SmallReport.weight;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.fixture.SmallReport;
import io.github.swscan.report.DetectionReport.OtherSpike;
import io.github.swscan.report.DetectionReport.SuperWeight;
import io.github.swscan.report.DetectionReport.WeightSet;
import io.github.swscan.report.Verdict;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ConclusionTest {

    private static final double INFINITE = Double.MAX_VALUE;

    /** A joint set of two in layer 11. */
    private static SmallReport pair(double one, double other, double both) {
        SuperWeight first = weight(11, 3, 7, one, 1);
        SuperWeight second = weight(11, 3, 9, other, 1);
        return new SmallReport().with(first, second).with(set(1, "joint", List.of(first, second), both, other, one));
    }

    private static SuperWeight[] members(int count, double alone, Integer set) {
        return IntStream.range(0, count)
                .mapToObj(i -> weight(2 + i % 2, 3, i, alone, set))
                .toArray(SuperWeight[]::new);
    }

    private static SmallReport larger(String kind, int count, double alone, double all, double... leftIn) {
        SuperWeight[] members = members(count, alone, 1);
        return new SmallReport().with(members).with(set(1, kind, List.of(members), all, leftIn));
    }

    static Stream<Arguments> sets() {
        return Stream.of(
                Arguments.of(
                        pair(5.5, 1.1, 3700),
                        "Two weights in layer 11 carry this model: removing both multiplies the perplexity by 3,700; "
                                + "either alone by 5.5 and 1.1."),
                Arguments.of(
                        pair(1.01, 5.5, 3700),
                        "Two weights in layer 11 carry this model: removing both multiplies the perplexity by 3,700; "
                                + "one alone by 5.5, the other does next to nothing."),
                Arguments.of(
                        pair(1.01, 0.99, 40),
                        "Two weights in layer 11 carry this model: removing both multiplies the perplexity by 40; "
                                + "either alone does next to nothing."),
                Arguments.of(
                        pair(1.2, 1.3, 2.4),
                        "Two weights in layer 11 matter together: removing both multiplies the perplexity by 2.4; "
                                + "either alone by 1.3 and 1.2."),
                Arguments.of(
                        pair(1.2, 1.3, INFINITE),
                        "Two weights in layer 11 carry this model: removing both makes the predictions NaN or infinite; "
                                + "either alone by 1.3 and 1.2."),
                Arguments.of(
                        larger("joint", 3, 1.2, 90, 1.5, 1.5, 1.5),
                        "Three weights in layers 2 and 3 carry this model: removing all three multiplies the perplexity "
                                + "by 90; none alone by more than 1.2."),
                Arguments.of(
                        larger("joint", 3, 1.001, 90, 1.5, 1.5, 1.5),
                        "Three weights in layers 2 and 3 carry this model: removing all three multiplies the perplexity "
                                + "by 90; any one alone does next to nothing."),
                Arguments.of(
                        larger("gradual", 6, 1.5, 40, 15, 20, 25, 30, 31, 32),
                        "Six weights in layers 2 and 3 carry this model little by little: removing all six multiplies "
                                + "the perplexity by 40; with any one left in, still by 15 to 32, and no smaller set was "
                                + "found that does as much."),
                Arguments.of(
                        larger("gradual", 3, 1.5, INFINITE, 15, 20, INFINITE),
                        "Three weights in layers 2 and 3 carry this model little by little: removing all three makes the "
                                + "predictions NaN or infinite; with any one left in, still by 15 or more, and no smaller "
                                + "set was found that does as much."));
    }

    static Stream<Arguments> singleWeights() {
        return Stream.of(
                Arguments.of(
                        new SmallReport().with(weight(1, 57, 123, 185.7)),
                        "One weight carries this model: removing [57, 123] in layer 1 multiplies the perplexity by 186."),
                Arguments.of(
                        new SmallReport().with(weight(1, Optional.of(4), 57, 123, 185.7, Verdict.CRITICAL)),
                        "One weight carries this model: removing [57, 123] in layer 1, expert 4, multiplies the "
                                + "perplexity by 186."),
                Arguments.of(
                        new SmallReport().with(weight(1, 57, 123, INFINITE)),
                        "One weight carries this model: removing [57, 123] in layer 1 makes the predictions NaN or "
                                + "infinite."),
                Arguments.of(
                        new SmallReport().with(weight(1, 57, 123, 1.2), weight(1, 58, 123, 2.3)),
                        "No weight is critical alone. Removing [58, 123] in layer 1 multiplies the perplexity by 2.3, "
                                + "which is high."),
                Arguments.of(
                        new SmallReport().with(weight(1, 57, 123, 1.2)),
                        "No weight is critical alone. Removing [57, 123] in layer 1 multiplies the perplexity by 1.2, "
                                + "which is moderate."));
    }

    static Stream<Arguments> nothing() {
        return Stream.of(
                Arguments.of(new SmallReport(), "No super weight: no weight adds much to the residual stream."),
                Arguments.of(
                        new SmallReport().with(diffuse(1, 2, 3)),
                        "No super weight: no weight adds much to the residual stream."),
                Arguments.of(
                        new SmallReport().with(harmless(1, 2, 3, 1.01)),
                        "No super weight: removing the one that was tested does next to nothing."),
                Arguments.of(
                        new SmallReport().with(diffuse(1, 2, 3), harmless(1, 2, 3, 1.01), harmless(2, 2, 3, 0.999)),
                        "No super weight: removing any of the two tested weights does next to nothing."),
                Arguments.of(
                        new SmallReport().with(harmless(1, 2, 3, 1.3), harmless(2, 2, 3, 0.999)),
                        "No super weight: of the two tested weights, removing the strongest multiplies the perplexity "
                                + "by 1.3, which ordinary weights do as well."),
                Arguments.of(
                        new SmallReport().with(harmless(1, 2, 3, 1.3)),
                        "No super weight: removing the one that was tested multiplies the perplexity by 1.3, which "
                                + "ordinary weights do as well."),
                Arguments.of(
                        new SmallReport().with(harmless(1, 2, 3, 0.9)),
                        "No super weight: removing the one that was tested multiplies the perplexity by 0.90."),
                Arguments.of(
                        new SmallReport()
                                .with(IntStream.range(0, 24)
                                        .mapToObj(i -> harmless(1, 2, i, 1.01))
                                        .toArray(OtherSpike[]::new)),
                        "No super weight: removing any of the 24 tested weights does next to nothing."),
                Arguments.of(
                        new SmallReport().with(weight(1, 2, 3, 50)).notFinite(),
                        "This model computes numbers that are not finite: nothing could be proven."));
    }

    static Stream<Arguments> whatElseThereIs() {
        SuperWeight third = weight(4, 1, 1, 60, 2);
        SuperWeight fourth = weight(4, 1, 2, 1.5, 2);
        WeightSet other = set(2, "joint", List.of(third, fourth), 300, 1.5, 60);
        String pair = "Two weights in layer 11 carry this model: removing both multiplies the perplexity by 3,700; "
                + "either alone by 12 and 1.1.";
        SuperWeight again = weight(11, 3, 7, 12, 1, 2);
        SuperWeight second = weight(11, 3, 9, 1.1, 1);
        SuperWeight overlapping = weight(11, 3, 11, 1.1, 2);
        return Stream.of(
                Arguments.of(pair(12, 1.1, 3700), pair),
                Arguments.of(
                        pair(12, 1.1, 3700).with(weight(5, 1, 1, 20)), pair + " One more weight is critical alone."),
                Arguments.of(
                        pair(12, 1.1, 3700).with(weight(5, 1, 1, 20), weight(5, 1, 2, 20), weight(5, 1, 3, 2)),
                        pair + " Two more weights are critical alone."),
                Arguments.of(
                        pair(12, 1.1, 3700).with(third, fourth).with(other),
                        pair + " One more weight is critical alone. One more set is critical."),
                Arguments.of(
                        new SmallReport()
                                .with(again, second, overlapping)
                                .with(
                                        set(1, "joint", List.of(again, second), 3700, 1.1, 12),
                                        set(2, "joint", List.of(again, overlapping), 3000, 1.1, 12)),
                        pair),
                Arguments.of(
                        new SmallReport()
                                .with(weight(1, 57, 123, 400), third, fourth)
                                .with(other),
                        "One weight carries this model: removing [57, 123] in layer 1 multiplies the perplexity by 400. "
                                + "One more weight is critical alone. One more set is critical."));
    }

    static Stream<Arguments> signs() {
        return Stream.of(
                Arguments.of(
                        new SmallReport().with(flipped(weight(1, 57, 123, 185.7), 3000)),
                        "One weight carries this model: removing [57, 123] in layer 1 multiplies the perplexity by 186."),
                Arguments.of(
                        new SmallReport().with(flipped(weight(1, 57, 123, 2.3), 3000)),
                        "No weight is critical alone. Removing [57, 123] in layer 1 multiplies the perplexity by 2.3, "
                                + "which is high. Turning the sign of [57, 123] in layer 1 multiplies the perplexity by "
                                + "3,000, which is critical."),
                Arguments.of(
                        new SmallReport().with(harmless(3, 2, 5, 1.01, 20), harmless(3, 2, 6, 1.01, 25)),
                        "No super weight: removing any of the two tested weights does next to nothing. Turning the sign "
                                + "of [2, 6] in layer 3 multiplies the perplexity by 25, which is critical."),
                Arguments.of(
                        new SmallReport().with(harmless(3, 2, 5, 1.01, INFINITE)),
                        "No super weight: removing the one that was tested does next to nothing. Turning the sign of "
                                + "[2, 5] in layer 3 makes the predictions NaN or infinite, which is critical."),
                Arguments.of(
                        new SmallReport().with(harmless(3, 2, 5, 1.01, 9)),
                        "No super weight: removing the one that was tested does next to nothing."));
    }

    static Stream<Arguments> divergences() {
        SuperWeight first = weight(2, Optional.empty(), 30, 12, Math.exp(0.0175), Verdict.MODERATE, 1);
        SuperWeight second = weight(2, Optional.empty(), 30, 22, Math.exp(0.002), Verdict.HARMLESS, 1);
        WeightSet both = set(
                1,
                "joint",
                List.of(first, second),
                Math.exp(1.1663),
                Verdict.CRITICAL,
                Math.exp(0.002),
                Math.exp(0.02));
        return Stream.of(
                Arguments.of(
                        new SmallReport().with(first, second).with(both).byDivergence(),
                        "Two weights in layer 2 carry this model: removing both changes the predictions by 1.2 nats; "
                                + "one alone by 0.02, the other does next to nothing."),
                Arguments.of(
                        new SmallReport().with(first).byDivergence(),
                        "No weight is critical alone. Removing [30, 12] in layer 2 changes the predictions by 0.02 "
                                + "nats, which is moderate."),
                Arguments.of(
                        new SmallReport()
                                .with(harmless(1, 2, 3, Math.exp(0.004)))
                                .byDivergence(),
                        "No super weight: removing the one that was tested does next to nothing."));
    }

    @ParameterizedTest
    @MethodSource({"sets", "singleWeights", "nothing", "whatElseThereIs", "signs", "divergences"})
    void tellsWhatADetectionComesTo(SmallReport found, String conclusion) {
        assertThat(Conclusion.of(found.report())).isEqualTo(conclusion);
    }
}
