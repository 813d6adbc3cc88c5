package io.github.swscan.report.sarif;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import io.github.swscan.fixture.ChangedReport;
import io.github.swscan.fixture.EveryFinding;
import io.github.swscan.fixture.SmallReport;
import io.github.swscan.policy.Rule;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.DetectionReport.Ignored;
import io.github.swscan.report.DetectionReport.PolicyOutcome;
import io.github.swscan.report.FailedScan;
import io.github.swscan.report.Tool;
import io.github.swscan.report.VerificationReport;
import io.github.swscan.report.finding.FindingRule;
import io.github.swscan.report.finding.Findings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class SarifReportWriterTest {

    private static final JsonMapper MAPPER = new JsonMapper();

    private static final JsonSchema SCHEMA = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V4)
            .getSchema(SarifReportWriterTest.class.getResourceAsStream("sarif-schema-2.1.0.json"));

    private static JsonNode log(DetectionReport report) {
        try {
            return MAPPER.readTree(new SarifReportWriter(Path.of("")).bytes(report));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonNode run(DetectionReport report) {
        return log(report).path("runs").path(0);
    }

    private static List<String> told(DetectionReport report, String field) {
        List<String> told = new ArrayList<>();
        run(report)
                .path("results")
                .forEach(result -> told.add(result.path("ruleId").asText() + " "
                        + result.path(field).asText()));
        return told;
    }

    static Stream<DetectionReport> reports() {
        return Stream.of(
                EveryFinding.judged(),
                EveryFinding.judged(Rule.CRITICAL, Rule.CHANGED),
                EveryFinding.notFinite(),
                EveryFinding.unsafe(),
                EveryFinding.hostile());
    }

    @ParameterizedTest
    @MethodSource("reports")
    void isValidByTheStandardsSchema(DetectionReport report) {
        assertThat(SCHEMA.validate(log(report))).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("reports")
    void hasWhatCodeScanningAsksFor(DetectionReport report) {
        JsonNode run = run(report);
        JsonNode rules = run.path("tool").path("driver").path("rules");
        assertThat(run.path("automationDetails").path("id").asText()).matches("swscan/[^/]+/");
        rules.forEach(rule -> {
            assertThat(rule.path("shortDescription").path("text").asText()).isNotBlank();
            assertThat(rule.path("fullDescription").path("text").asText())
                    .isNotBlank()
                    .hasSizeLessThan(1024);
            assertThat(rule.path("help").path("text").asText()).isNotBlank();
            assertThat(rule.path("properties").path("security-severity").isTextual())
                    .isTrue();
            assertThat(rule.path("properties").path("security-severity").asDouble())
                    .isBetween(0.1, 10.0);
            assertThat(rule.path("properties").path("tags").toString()).contains("\"security\"");
        });
        assertThat(run.path("results")).isNotEmpty().allSatisfy(result -> {
            assertThat(rules.path(result.path("ruleIndex").asInt()).path("id")).isEqualTo(result.path("ruleId"));
            assertThat(result.path("message").path("text").asText()).isNotBlank();
            JsonNode place = result.path("locations").path(0).path("physicalLocation");
            assertThat(place.path("artifactLocation").path("uri").asText())
                    .matches("[-A-Za-z0-9._~/%]+")
                    .doesNotStartWith("/");
            for (String field : List.of("startLine", "startColumn", "endLine", "endColumn")) {
                assertThat(place.path("region").path(field).asInt()).isEqualTo(1);
            }
            assertThat(result.path("partialFingerprints")
                            .path("primaryLocationLineHash")
                            .asText())
                    .matches("[0-9a-f]{32}:1");
        });
    }

    @Test
    void everyKindOfFindingIsARule() {
        Set<String> ids = new TreeSet<>();
        run(EveryFinding.judged())
                .path("tool")
                .path("driver")
                .path("rules")
                .forEach(rule -> ids.add(rule.path("id").asText()));

        assertThat(ids)
                .containsExactlyInAnyOrderElementsOf(
                        Arrays.stream(FindingRule.values()).map(FindingRule::id).toList());
    }

    @Test
    void aNormalModelTurnsNoRepositoryRed() {
        assertThat(told(EveryFinding.judged(), "level"))
                .containsExactlyInAnyOrder(
                        "critical-set warning",
                        "critical-weight warning",
                        "weight-set note",
                        "super-weight note",
                        "super-weight note",
                        "super-weight note",
                        "critical-sign warning",
                        "super-weight-changed warning",
                        "super-weight-changed warning",
                        "super-weight-changed warning",
                        "super-weight-changed warning",
                        "super-weight-changed warning");
    }

    @Test
    void whatIsKnownIsANoteAndWhatIsViolatedAnError() {
        DetectionReport known = ChangedReport.of(
                EveryFinding.judged(), json -> ((ObjectNode) json.path("changes")).putArray("changes"));

        assertThat(told(known, "level"))
                .contains("critical-set note", "critical-weight note")
                .noneMatch(level -> level.endsWith("warning"));
        assertThat(told(known, "baselineState")).allMatch(state -> state.endsWith("unchanged"));
        assertThat(told(EveryFinding.judged(Rule.CRITICAL), "level"))
                .contains("critical-set error", "critical-weight error", "weight-set note");
        assertThat(told(EveryFinding.notFinite(), "level")).containsExactly("non-finite error");
        assertThat(told(EveryFinding.unsafe(), "level")).containsExactly("unsafe-pickle error");
    }

    @ParameterizedTest
    @MethodSource("withoutFindings")
    void aRunWithoutFindingsHasAnEmptyListOfThem(DetectionReport report) {
        assertThat(run(report).path("results").isArray()).isTrue();
        assertThat(run(report).path("results")).isEmpty();
        assertThat(SCHEMA.validate(log(report))).isEmpty();
    }

    /** There are none, or a policy file exempts all. */
    static Stream<DetectionReport> withoutFindings() {
        DetectionReport report = EveryFinding.judged();
        List<Ignored> ignored = Findings.all(report).stream()
                .map(finding -> new Ignored(
                        finding.rule().id(), finding.description(), finding.weights(), "known", "2999-12-31", "file"))
                .toList();
        return Stream.of(new SmallReport().report(), report.with(new PolicyOutcome(List.of(), List.of(), ignored)));
    }

    @ParameterizedTest
    @CsvSource({
        "appeared, new",
        "value,    updated",
        "verdict,  updated",
        "effect,   updated",
        "vanished, updated",
    })
    void theBaselineHasAResultOrItIsNewOrUpdated(String kind, String state) {
        String weight = "model.layers.1.mlp.down_proj.weight[2, 3]";
        DetectionReport report = ChangedReport.of(EveryFinding.judged(), json -> ((ObjectNode) json.path("changes"))
                .putArray("changes")
                .addObject()
                .put("kind", kind)
                .put("description", "weight 1:2:3 is another")
                .putArray("weights")
                .add(weight));

        assertThat(told(report, "baselineState"))
                .contains("super-weight-changed " + state, "critical-weight " + state, "critical-sign " + state)
                .contains("critical-set unchanged", "super-weight unchanged");
        assertThat(SCHEMA.validate(log(report))).isEmpty();
    }

    @Test
    void aSetOfWhichAWeightHasAnotherValueIsUpdated() {
        DetectionReport report = ChangedReport.of(EveryFinding.judged(), json -> ((ObjectNode) json.path("changes"))
                .putArray("changes")
                .addObject()
                .put("kind", "value")
                .put("description", "weight 4:5:8 was 1.0 and is 1.5")
                .putArray("weights")
                .add("model.layers.4.mlp.down_proj.weight[5, 8]"));

        assertThat(told(report, "baselineState"))
                .contains("critical-set updated", "weight-set unchanged", "critical-weight unchanged");
        assertThat(told(report, "level")).contains("critical-set note");
    }

    @Test
    void keysOfARuleStandInTheSameOrderInEveryRun() {
        JsonNode properties = run(EveryFinding.judged())
                .path("tool")
                .path("driver")
                .path("rules")
                .path(0)
                .path("properties");

        assertThat(properties.fieldNames())
                .toIterable()
                .containsExactly("tags", "precision", "problem.severity", "security-severity");
    }

    @Test
    void whatHasNoVerdictIsCalledAsOnThePage() {
        assertThat(run(EveryFinding.notFinite()).at("/properties/verdict").asText())
                .isEqualTo("not finite");
        assertThat(run(EveryFinding.unsafe()).at("/properties/verdict").asText())
                .isEqualTo("unsafe");
        assertThat(run(EveryFinding.judged()).at("/properties/verdict").asText())
                .isEqualTo("critical");
        assertThat(run(new SmallReport().report()).at("/properties/verdict").asText())
                .isEqualTo("none");
    }

    @Test
    void aWeightWithAnotherValueStaysTheSameAlert() {
        DetectionReport report = EveryFinding.judged();
        DetectionReport changed = ChangedReport.of(
                report, json -> json.path("superWeights").forEach(weight -> ((ObjectNode) weight).put("value", -9)));
        DetectionReport moved = ChangedReport.of(
                report, json -> ((ObjectNode) json.path("superWeights").path(0)).put("row", 99));

        assertThat(fingerprints(changed)).isEqualTo(fingerprints(report));
        assertThat(fingerprints(moved)).isNotEqualTo(fingerprints(report));
        assertThat(Set.copyOf(fingerprints(report))).as("all different").hasSameSizeAs(fingerprints(report));
    }

    private static List<String> fingerprints(DetectionReport report) {
        List<String> all = new ArrayList<>();
        run(report).path("results").forEach(result -> {
            if (!result.path("ruleId").asText().equals("super-weight-changed")) {
                all.add(result.path("partialFingerprints").toString());
            }
        });
        return all;
    }

    @Test
    void pathsAreToldFromTheRepository() {
        DetectionReport report = ChangedReport.of(EveryFinding.judged(), json -> ((ObjectNode) json.path("model"))
                .put("path", "/repository/a b/models/x"));
        JsonNode inside = new SarifReportWriterTest.Written(report, Path.of("/repository")).result();
        JsonNode outside = new SarifReportWriterTest.Written(report, Path.of("/elsewhere")).result();

        assertThat(uri(inside)).isEqualTo("a%20b/models/x/model.safetensors");
        assertThat(uri(outside)).isEqualTo("x/model.safetensors");
    }

    private static String uri(JsonNode result) {
        return result.path("locations")
                .path(0)
                .path("physicalLocation")
                .path("artifactLocation")
                .path("uri")
                .asText();
    }

    private record Written(DetectionReport report, Path base) {
        JsonNode result() {
            try {
                return MAPPER.readTree(new SarifReportWriter(base).bytes(report))
                        .path("runs")
                        .path(0)
                        .path("results")
                        .path(0);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Test
    void otherKindsOfReportsAreRefused() {
        FailedScan failed = new FailedScan(
                "2.0", new Tool("swscan", "1"), new FailedScan.Model("m"), new FailedScan.Failure(3, "no"));

        assertThatThrownBy(() -> new SarifReportWriter(Path.of("")).bytes(failed))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void whatIsNotAsInAManifestIsAnError() throws IOException {
        VerificationReport report = new VerificationReport(
                VerificationReport.SCHEMA_VERSION,
                new Tool("swscan", "1.2.3"),
                "2026-11-30T00:00:00Z",
                "models/mine",
                "mine.manifest.json",
                "full",
                VerificationReport.Signature.NONE,
                false,
                "The model is not what its manifest says.",
                List.of(
                        new VerificationReport.Difference(
                                VerificationReport.Kind.SUPER_WEIGHT_CHANGED,
                                "super weight 1:2:3 was zeroed",
                                Optional.empty(),
                                Optional.of("w"),
                                Optional.of("w[2, 3]"),
                                Optional.empty()),
                        VerificationReport.Difference.ofFile(
                                VerificationReport.Kind.FILE_ADDED, "modeling.py", "file modeling.py was added")),
                1,
                List.of("A note."));

        JsonNode log = MAPPER.readTree(new SarifReportWriter(Path.of("")).bytes(report));

        assertThat(SCHEMA.validate(log)).isEmpty();
        assertThat(log.findValuesAsText("ruleId")).containsExactly("super-weight-changed", "tampered");
        assertThat(log.at("/runs/0/results").findValuesAsText("level")).containsExactly("error", "error");
        assertThat(log.at("/runs/0/results/1/locations/0/physicalLocation/artifactLocation/uri")
                        .asText())
                .isEqualTo("models/mine/modeling.py");
    }
}
