package io.github.swscan.cli.screen;

import static io.github.swscan.fixture.SmallReport.activation;
import static io.github.swscan.fixture.SmallReport.flipped;
import static io.github.swscan.fixture.SmallReport.harmless;
import static io.github.swscan.fixture.SmallReport.layers;
import static io.github.swscan.fixture.SmallReport.set;
import static io.github.swscan.fixture.SmallReport.weight;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.fixture.SmallReport;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.DetectionReport.OtherSpike;
import io.github.swscan.report.DetectionReport.SuperWeight;
import io.github.swscan.report.DetectionReport.WeightSet;
import io.github.swscan.report.Peak;
import io.github.swscan.report.Verdict;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Help.Ansi;

class DetectionScreenTest {

    private static List<String> lines(DetectionReport report, boolean all) {
        return lines(report, all, 80);
    }

    private static List<String> lines(DetectionReport report, boolean all, int width) {
        StringWriter printed = new StringWriter();
        new DetectionScreen(new Screen(new PrintWriter(printed), Ansi.OFF, width), all)
                .result(report, List.of(Path.of("report.json")));
        return printed.toString().lines().toList();
    }

    /** Of a deep and wide model, more of everything than there is room for. */
    private static SmallReport deep() {
        List<SuperWeight> members = new ArrayList<>();
        List<WeightSet> sets = new ArrayList<>();
        for (int number = 1; number <= 5; number++) {
            List<SuperWeight> pair = List.of(
                    weight(20 + number, 14_335, 28_671, 123_456, number),
                    weight(20 + number, 14_334, 28_670, 1.5, number));
            members.addAll(pair);
            sets.add(set(number, "joint", pair, 5e8, 1.5, 123_456));
        }
        return new SmallReport()
                .with(members.toArray(SuperWeight[]::new))
                .with(IntStream.range(0, 20)
                        .mapToObj(i -> flipped(weight(10, 14_000, 28_000 + i, 99), 1e8))
                        .toArray(SuperWeight[]::new))
                .with(sets.toArray(WeightSet[]::new))
                .with(IntStream.range(0, 30)
                        .mapToObj(i -> harmless(12, 13_000, 27_000 + i, 1.01, 1.02))
                        .toArray(OtherSpike[]::new))
                .with(IntStream.range(0, 9)
                        .mapToObj(i -> activation(10_000 + i, 900 - i))
                        .toArray(DetectionReport.SuperActivation[]::new))
                .with(layers(30, 9))
                .withNotes("Left out to keep to the budget: 17 weaker spikes and 4 experiments; --thorough does more.");
    }

    @Test
    void isAScreenful() {
        List<String> lines = lines(deep().report(), false);

        assertThat(lines).hasSizeLessThanOrEqualTo(60).allMatch(line -> line.length() <= 80);
    }

    @Test
    void linesHaveRoomForExperts() {
        Peak input = new Peak(-1234.5f, 7, 511, 14_335);
        Peak output = new Peak(-4321.5f, 7, 511, 4095);
        SuperWeight one = flipped(weight(31, Optional.of(127), 4095, 14_335, 12_345, Verdict.CRITICAL, 1), 54_321);
        SuperWeight other = flipped(weight(31, Optional.of(126), 4095, 14_334, 12_345, Verdict.CRITICAL, 1), 54_321);
        DetectionReport report = new SmallReport()
                .with(one, other)
                .with(set(1, "joint", List.of(one, other), 98_765, 12_345, 12_345))
                .with(new DetectionReport.Layer(31, Optional.of(127), Optional.empty(), "down", input, output, true))
                .report();

        assertThat(lines(report, false)).anyMatch(line -> line.contains("127")).allMatch(line -> line.length() <= 80);
    }

    @Test
    void onlyColumnsThatAreShownAreExplained() {
        DetectionReport report = new SmallReport().with(weight(1, 57, 123, 186)).report();

        assertThat(lines(report, false)).anyMatch(line -> line.contains("share:"));
        assertThat(lines(report, false, 60))
                .anyMatch(line -> line.startsWith("no room for: share"))
                .noneMatch(line -> line.contains("share:"));
        assertThat(lines(new SmallReport().report(), false))
                .contains("Unedited: perplexity 2.72 over 2,000 predictions.");
    }

    @Test
    void whatIsLeftOutIsSaid() {
        assertThat(lines(deep().report(), false))
                .containsSubsequence(
                        "and 2 more, see the report or --all",
                        "and 24 more, see the report or --all",
                        "and 27 more, see the report or --all",
                        "and 6 more, see the report or --all",
                        "9 of 30 layers have a spike, see the report or --all");
    }

    @Test
    void allIsShownIfAskedFor() {
        List<String> lines = lines(deep().report(), true);

        assertThat(lines).noneMatch(line -> line.contains("--all"));
        assertThat(lines)
                .filteredOn(line -> line.contains("14335") || line.contains("14334"))
                .hasSize(20);
        assertThat(lines).filteredOn(line -> line.contains("14000")).hasSize(20);
        assertThat(lines).filteredOn(line -> line.contains("harmless")).hasSize(30);
        assertThat(lines).filteredOn(line -> line.matches(" +1000\\d .*")).hasSize(9);
        assertThat(lines)
                .filteredOn(line -> line.matches(" +\\d+ \\| +194\\.0 .*"))
                .hasSize(30);
    }

    @Test
    void aSmallModelIsShownWithAllItsLayers() {
        assertThat(lines(new SmallReport().with(layers(12, 1)).report(), false))
                .filteredOn(line -> line.matches(" +\\d+ \\| +194\\.0 .*"))
                .hasSize(12);
    }

    @Test
    void membersOfASetThatDoNothingAloneStandInItsTableOnly() {
        SuperWeight one = weight(1, 30, 12, 1.01, 1);
        SuperWeight other = weight(1, 30, 22, 1.0, 1);
        WeightSet pair = set(1, "joint", List.of(one, other), 40, 1.0, 1.01);
        DetectionReport report = new SmallReport().with(one, other).with(pair).report();

        assertThat(lines(report, false))
                .contains("Sets: weights that matter together")
                .doesNotContain("Super weights, each removed alone");
        assertThat(lines(report, true)).contains("Super weights, each removed alone");
    }

    @Test
    void aSetTellsWhatItsMembersDo() {
        SuperWeight one = weight(1, 30, 12, 5.5, 1);
        SuperWeight other = weight(2, 31, 22, 1.1, 1);
        WeightSet pair = set(1, "joint", List.of(one, other), 40, 1.2, 6);

        assertThat(lines(new SmallReport().with(one, other).with(pair).report(), false))
                .containsSubsequence(
                        " set | layer | row | column |  alone | left in |   all | verdict",
                        "   1 |     1 |  30 |     12 | x5.500 |  x1.200 | x40.0 | critical",
                        "     |     2 |  31 |     22 | x1.100 |  x6.000 |       |");
    }

    @Test
    void predictionsThatAreNotFiniteAreNoNumber() {
        DetectionReport report = new SmallReport()
                .with(flipped(weight(1, 30, 12, Double.MAX_VALUE), Double.MAX_VALUE))
                .report();

        assertThat(lines(report, false)).anyMatch(line -> line.matches(".*\\| +NaN/inf \\| NaN/inf \\| critical *"));
    }

    @Test
    void beginsWithTheConclusionAndEndsWithTheReport() {
        List<String> lines =
                lines(new SmallReport().with(weight(1, 57, 123, 185.7)).report(), false);

        assertThat(lines.get(0)).startsWith("One weight carries this model:");
        assertThat(lines.get(lines.size() - 1)).isEqualTo("Report: report.json");
    }
}
