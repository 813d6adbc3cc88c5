package io.github.swscan.cli.screen;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.report.KnownReport;
import io.github.swscan.report.KnownReport.Here;
import io.github.swscan.report.KnownReport.How;
import io.github.swscan.report.KnownReport.Model;
import io.github.swscan.report.KnownReport.Weight;
import io.github.swscan.report.ModelSummary;
import io.github.swscan.scan.ModelHeader;
import io.github.swscan.scan.RunHeader;
import io.github.swscan.scan.Version;
import io.github.swscan.text.TokenSet;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Help.Ansi;

/** What is told of published super weights. */
class KnownScreenTest {

    private static final Here SAME = new Here(Optional.of(1.5f), true);
    private static final Here OTHER = new Here(Optional.of(0.25f), false);

    private static Weight weight(int row, Optional<Double> value, Optional<Here> here) {
        return new Weight(2, Optional.empty(), row, 7, value, Optional.of("x181"), here);
    }

    private static Model model(String name, Weight... weights) {
        return new Model(name, "llama", 32, 4096, 11_008, List.of(weights), Optional.of("x200"), "a paper", How.BY_EYE);
    }

    private static List<String> lines(Consumer<Screen> print) {
        StringWriter printed = new StringWriter();
        print.accept(new Screen(new PrintWriter(printed), Ansi.OFF, 80));
        return printed.toString().lines().toList();
    }

    private static List<String> known(Optional<String> path, Model model) {
        KnownReport report = new KnownReport(KnownReport.SCHEMA_VERSION, Version.tool(), path, List.of(model));
        return lines(screen -> new KnownScreen(screen).print(report));
    }

    @Test
    void ofAModelTellsWhatItHasInEachPlace() {
        List<String> lines = known(
                Optional.of("folder"),
                model(
                        "some/model",
                        weight(1, Optional.of(1.5), Optional.of(SAME)),
                        weight(2, Optional.of(1.5), Optional.of(OTHER)),
                        weight(3, Optional.empty(), Optional.of(OTHER)),
                        weight(4, Optional.of(1.5), Optional.empty())));

        assertThat(lines)
                .contains(
                        " 2:1:7  |   1.5 | x181  |  1.5 | as published",
                        " 2:2:7  |   1.5 | x181  | 0.25 | another value",
                        " 2:3:7  |     - | x181  | 0.25 | no value published",
                        " 2:4:7  |   1.5 | x181  |    - | no such weight",
                        "together    x200",
                        "source      a paper (found by eye)",
                        "What removing one does here: swscan ablate folder --weight 2:1:7");
    }

    @Test
    void theListTellsOfNoModel() {
        assertThat(known(Optional.empty(), model("some/model", weight(1, Optional.of(1.5), Optional.empty()))))
                .contains(" 2:1:7  |   1.5 | x181")
                .noneMatch(line -> line.contains("here"));
    }

    @Test
    void aScanTellsOfThoseThatHaveThePublishedValue() {
        Model both = model(
                "some/pair",
                weight(1, Optional.of(1.5), Optional.of(SAME)),
                weight(2, Optional.of(1.5), Optional.of(SAME)));
        Model one = model(
                "some/single",
                weight(1, Optional.of(1.5), Optional.of(SAME)),
                weight(2, Optional.of(1.5), Optional.of(OTHER)));
        Model none = model("some/other", weight(1, Optional.of(9.0), Optional.of(OTHER)));
        ModelSummary summary =
                new ModelSummary("folder", "llama", 32, 4096, 11_008, 7, "F32", Optional.empty(), List.of(), List.of());

        List<String> lines = lines(screen -> ScanHeader.print(
                new ModelHeader(summary, 0, 28, false, List.of(both, one, none)),
                new RunHeader(TokenSet.ofIds(List.of(new int[] {1, 2})), "cpu", "float32", Optional.empty()),
                Optional.empty(),
                screen));

        assertThat(lines)
                .filteredOn(line -> line.startsWith("known"))
                .containsExactly(
                        "known       2 published super weights of some/pair are here, see swscan known",
                        "known       1 published super weight of some/single is here, see swscan known");
        assertThat(lines).noneMatch(line -> line.contains("some/other"));
    }
}
