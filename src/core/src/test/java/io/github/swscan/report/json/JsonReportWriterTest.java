package io.github.swscan.report.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.Location;
import io.github.swscan.report.ModelSummary;
import io.github.swscan.report.Peak;
import io.github.swscan.report.Tool;
import io.github.swscan.report.Verdict;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonReportWriterTest {

    private static final JsonMapper STRICT = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    @Test
    void absentValuesAreNull() throws JsonProcessingException {
        JsonNode json = written(report("model", 1.5f, 2));
        for (String pointer : List.of(
                "/run/peakMemoryBytes",
                "/layers/0/expert",
                "/superWeights/0/effectFlipped",
                "/superWeights/0/flipVerdict",
                "/otherSpikes/0/candidate",
                "/otherSpikes/0/kind",
                "/otherSpikes/0/effect",
                "/allRemoved",
                "/control")) {
            assertThat(json.at(pointer).isNull()).as(pointer).isTrue();
        }
    }

    @Test
    void presentValuesStandForThemselves() throws JsonProcessingException {
        JsonNode json = written(report("model", 1.5f, 2));
        assertThat(json.at("/superWeights/0/location/offset").longValue()).isEqualTo(1L << 40);
        assertThat(json.at("/verdict").textValue()).isEqualTo("critical");
        assertThat(json.at("/settings/budget/confirmTokens").intValue()).isEqualTo(200);
        assertThat(json.at("/sets/0/leftIn/1/meanNllRiseError").doubleValue()).isEqualTo(0.25);
        assertThat(json.at("/superWeights/0/sets/0").intValue()).isEqualTo(1);
        assertThat(json.at("/superWeights/0/nearThreshold").isBoolean()).isTrue();
        assertThat(json.at("/untestedSpikes/count").intValue()).isEqualTo(7);
    }

    @Test
    void numbersComeBackAsTheyWere() throws JsonProcessingException {
        for (float value : new float[] {1.7734375f, -0.1f, Float.MIN_VALUE, -Float.MAX_VALUE, 1e-30f}) {
            JsonNode json = written(report("model", value, 0.1 + 0.2));
            assertThat(json.at("/superWeights/0/value").floatValue()).isEqualTo(value);
            assertThat(json.at("/baseline/meanNll").doubleValue()).isEqualTo(0.1 + 0.2);
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
    void noTokenIsWrittenThatJsonDoesNotHave(float value) throws JsonProcessingException {
        JsonNode json = written(report("model", value, value));
        assertThat(json.at("/superWeights/0/value").isNumber()).isFalse();
        assertThat(json.at("/baseline/meanNll").isNumber()).isFalse();
    }

    @Test
    void textIsUtf8AndEscaped() throws JsonProcessingException {
        String path = "models/\"näh\"\n\u0001\\模型";
        assertThat(written(report(path, 1, 1)).at("/model/path").textValue()).isEqualTo(path);
    }

    @Test
    void verdictsAreLowerCase() throws JsonProcessingException {
        assertThat(written(report("model", 1, 1)).at("/superWeights/0/verdict").textValue())
                .isEqualTo("critical");
    }

    @Test
    void oneLineIsTheSameReport() throws JsonProcessingException {
        DetectionReport report = report("model", 1, 1);

        String line = new String(JsonReportWriter.oneLine().bytes(report), StandardCharsets.UTF_8);

        assertThat(line.indexOf('\n')).isEqualTo(line.length() - 1);
        assertThat(STRICT.readTree(line)).isEqualTo(written(report));
    }

    @Test
    void endsWithALineEnd() {
        assertThat(text(report("model", 1, 1))).startsWith("{").endsWith("}\n").doesNotEndWith("\n\n");
    }

    private static JsonNode written(DetectionReport report) throws JsonProcessingException {
        return STRICT.readTree(text(report));
    }

    private static String text(DetectionReport report) {
        return new String(JsonReportWriter.indented().bytes(report), StandardCharsets.UTF_8);
    }

    /** With something of everything that there may be several of. */
    static DetectionReport report(String path, float value, double meanNll) {
        Peak peak = new Peak(194, 0, 0, 123);
        Location location = new Location("model.safetensors", 1L << 40, "BF16");
        DetectionReport.Effect effect = DetectionReport.Effect.onPredictions(2, 1, Math.E, 1, 0.5, 0.25, 0.125);
        return new DetectionReport(
                DetectionReport.SCHEMA_VERSION,
                new Tool("swscan", "development"),
                "2026-01-31T12:00:00Z",
                new ModelSummary(
                        path,
                        "llama",
                        1,
                        2,
                        3,
                        4,
                        "BF16",
                        Optional.empty(),
                        List.of(new ModelSummary.File("model.safetensors", 5, Optional.empty())),
                        List.of()),
                new DetectionReport.Run("cpu", "fp32", "prompts", "a text", 1, 2, 1, 5, 6, Optional.empty()),
                new DetectionReport.Settings(
                        "a rule",
                        0.2,
                        "perplexity ratio",
                        new DetectionReport.Thresholds(10, 1.5, 1.05),
                        5,
                        24,
                        3,
                        0,
                        Optional.of(new DetectionReport.Budget(1000, 100, 200, 50, 6)),
                        Optional.of("0f".repeat(32))),
                Optional.of(new DetectionReport.Baseline(meanNll, Math.exp(1), 1)),
                Optional.empty(),
                List.of(new DetectionReport.Layer(0, Optional.empty(), Optional.empty(), "w", peak, peak, true)),
                List.of(new DetectionReport.ResidualPeak(0, peak)),
                List.of(1),
                List.of(new DetectionReport.Recurrence(1, "r", peak, peak)),
                List.of(new DetectionReport.SuperActivation(57, 0, 3, peak, 1, 400)),
                List.of(new DetectionReport.Trace(57, List.of(1f, 2f), List.of("w[1, 2]"), List.of(1f, 0.5f))),
                Optional.of(Verdict.CRITICAL),
                Stream.of(123, 124)
                        .map(column -> new DetectionReport.SuperWeight(
                                1,
                                "w",
                                0,
                                Optional.empty(),
                                57,
                                column,
                                value,
                                location,
                                Optional.empty(),
                                Optional.empty(),
                                peak,
                                peak,
                                0.99,
                                Optional.of(0.75),
                                Optional.of(1),
                                "independent",
                                List.of(1),
                                effect,
                                true,
                                Optional.empty(),
                                Verdict.CRITICAL,
                                Optional.empty(),
                                true))
                        .toList(),
                List.of(new DetectionReport.WeightSet(
                        1,
                        1,
                        "joint",
                        List.of("w[57, 123]", "w[57, 124]"),
                        effect,
                        List.of(effect, effect),
                        List.of(effect, effect),
                        Verdict.CRITICAL,
                        false)),
                List.of(new DetectionReport.OtherSpike(
                        "diffuse",
                        "w",
                        0,
                        Optional.empty(),
                        1,
                        2,
                        value,
                        location,
                        peak,
                        peak,
                        0.01,
                        Optional.of(0.5),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        false,
                        Optional.empty(),
                        Optional.empty())),
                new DetectionReport.UntestedSpikes(
                        7,
                        List.of(new DetectionReport.UntestedSpike(
                                "w", 0, Optional.of(2), 3, 4, value, location, 0.25))),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Optional.of(new DetectionReport.Changes(
                        "before.json",
                        List.of(new DetectionReport.Change("value", "weight 0:57:123 was 1.0", List.of("w[57, 123]"))),
                        List.of("a note"))),
                Optional.of(new DetectionReport.PolicyOutcome(
                        List.of("critical"),
                        List.of(new DetectionReport.Violation(
                                "critical", "weight [57, 123] in layer 0", List.of("w[57, 123]"))),
                        List.of(new DetectionReport.Ignored(
                                "critical-set", "set of weights", List.of("w[1, 2]"), "known", "2027-01-31", "file")))),
                List.of());
    }
}
