package io.github.swscan.report.text;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.report.AblationReport;
import io.github.swscan.report.AblationReport.Variant;
import io.github.swscan.report.json.JsonReportReader;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class AblationConclusionTest {

    /** Of three weights of a sample model, of which one matters. */
    private static final Path REPORT = Path.of("src/core/src/test/resources/reports/pages/ablation.json");

    static Stream<Arguments> variants() {
        String ordinary = "Removing ordinary weights of similar magnitude instead does next to nothing.";
        return Stream.of(
                Arguments.of(
                        named("remove-all", "control-1"),
                        "Removing all 3 weights multiplies the perplexity by 184 (157 to 213). " + ordinary),
                Arguments.of(
                        named("remove-all"), "Removing all 3 weights multiplies the perplexity by 184 (157 to 213)."),
                Arguments.of(
                        named("remove-2", "remove-1"),
                        "The strongest change (#1 removed) multiplies the perplexity by 186 (158 to 215)."),
                Arguments.of(named("control-1"), "Nothing was changed but ordinary weights."));
    }

    private static Predicate<Variant> named(String... names) {
        return variant -> List.of(names).contains(variant.name());
    }

    @ParameterizedTest
    @MethodSource("variants")
    void saysWhatTheChangesDo(Predicate<Variant> chosen, String sentences) {
        AblationReport all = (AblationReport) JsonReportReader.any(REPORT).orElseThrow();
        AblationReport report = new AblationReport(
                all.schemaVersion(),
                all.tool(),
                all.createdAt(),
                all.model(),
                all.run(),
                all.settings(),
                all.baseline(),
                all.weights(),
                all.lines(),
                all.generation(),
                all.variants().stream().filter(chosen).toList(),
                all.copy(),
                all.notes());

        assertThat(AblationConclusion.of(report)).isEqualTo(sentences);
    }
}
