package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.fixture.TestResources;
import io.github.swscan.report.AblationReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds docs/ablation.schema.json to reports that the program itself writes. */
class AblationSchemaTest {

    private static final JsonMapper MAPPER = new JsonMapper();
    private static final SchemaDocument SCHEMA = SchemaDocument.read(Path.of("docs/ablation.schema.json"));
    private static final String PLANTED =
            TestResources.at("planted/two-same-row-llama").toString();

    @TempDir
    private static Path folder;

    private static final Map<String, JsonNode> REPORTS = new LinkedHashMap<>();

    @BeforeAll
    static void ablateModels() throws Exception {
        REPORTS.put(
                "sample",
                SchemaDocument.reportOf(
                        folder,
                        "ablate",
                        "models-sample/super-weight-1.5m",
                        "--all-variants",
                        "--largest",
                        "20",
                        "--generate",
                        "128",
                        "--max-tokens",
                        "400",
                        "--task",
                        "builtin:choices",
                        "--task",
                        "builtin:last-word"));
        Path ids = folder.resolve("ids.json");
        Files.writeString(
                ids,
                MAPPER.readTree(Path.of(PLANTED, "expected.json").toFile())
                        .get("ids")
                        .toString());
        REPORTS.put(
                "lines",
                SchemaDocument.reportOf(
                        folder,
                        "ablate",
                        PLANTED,
                        "--token-ids",
                        ids.toString(),
                        "--weight",
                        "2:30:*",
                        "--weight=2:*:12"));
        REPORTS.put("pair", SchemaDocument.reportOf(folder, "ablate", PLANTED, "--token-ids", ids.toString()));
        Path quantized = TestResources.at("coded/gptq-3bit");
        Path quantizedIds = folder.resolve("quantized-ids.json");
        Files.writeString(
                quantizedIds,
                MAPPER.readTree(quantized.resolve("expected.json").toFile())
                        .get("input_ids")
                        .toString());
        REPORTS.put(
                "copied",
                SchemaDocument.reportOf(
                        folder,
                        "ablate",
                        quantized.toString(),
                        "--token-ids",
                        quantizedIds.toString(),
                        "--weight=1:3:42",
                        "--save-edited",
                        folder.resolve("copy").toString()));
    }

    @Test
    void schemaIsASchema() {
        assertThat(SCHEMA.problems()).isEmpty();
    }

    @Test
    void schemaIsNamedAfterTheVersionThatIsWritten() {
        assertThat(SCHEMA.id()).isEqualTo("urn:swscan:ablation:" + AblationReport.SCHEMA_VERSION);
    }

    @Test
    void schemaNamesAndRequiresTheFieldsOfTheRecords() {
        SCHEMA.checkFields(AblationReport.class);
    }

    @Test
    void reportsAreOfTheKindsThatTheTestsNeed() {
        assertThat(REPORTS.get("sample").findValuesAsText("kind"))
                .contains("remove", "scale", "flip", "row", "column", "mean", "restore", "control", "largest");
        assertThat(REPORTS.get("sample").at("/baseline/stopWordMass/value").isNumber())
                .isTrue();
        assertThat(REPORTS.get("sample").at("/baseline/tasks").findValuesAsText("kind"))
                .containsExactly("multiple-choice", "last-word");
        assertThat(REPORTS.get("pair").at("/baseline/stopWordMass").isNull()).isTrue();
        assertThat(REPORTS.get("pair").findValue("interaction")).isNotNull();
        assertThat(REPORTS.get("pair").at("/copy").isNull()).isTrue();
        assertThat(REPORTS.get("copied").at("/copy/weights")).hasSize(1);
        assertThat(REPORTS.get("copied").at("/weights/0/location/furtherBits")).hasSize(1);
        assertThat(REPORTS.get("pair").at("/variants/2/interaction/excess").doubleValue())
                .isGreaterThan(0.5);
    }

    @Test
    void rowsAndColumnsAreTold() {
        JsonNode report = REPORTS.get("lines");

        assertThat(report.get("weights")).isEmpty();
        assertThat(report.get("lines").findValuesAsText("number")).containsExactly("1", "2");
        assertThat(report.at("/lines/0/row").intValue()).isEqualTo(30);
        assertThat(report.at("/lines/0/column").isNull()).isTrue();
        assertThat(report.at("/lines/1/column").intValue()).isEqualTo(12);
        assertThat(report.get("variants").findValuesAsText("name"))
                .containsExactly("remove-1", "remove-2", "remove-all");
        JsonNode together = report.at("/variants/2");
        assertThat(together.get("edits")).isEmpty();
        assertThat(together.get("removedLines")).hasSize(2);
    }

    @Test
    void meansNameTheWeightsThatTheyStandFor() {
        JsonNode mean = REPORTS.get("pair").get("variants").findParents("means").stream()
                .filter(variant -> variant.get("kind").textValue().equals("mean"))
                .findFirst()
                .orElseThrow();

        assertThat(mean.get("name").textValue()).isEqualTo("mean-all");
        assertThat(mean.get("means").findValuesAsText("row")).containsExactly("30", "30");
        assertThat(mean.get("edits")).hasSize(2);
        assertThat(mean.get("restorations")).isEmpty();
    }

    @Test
    void editsNameTheirPlaceInTheStoredTensor() throws IOException {
        JsonNode planted =
                MAPPER.readTree(Path.of(PLANTED, "expected.json").toFile()).get("planted");

        JsonNode together = REPORTS.get("pair").at("/variants/2");
        assertThat(together.get("name").textValue()).isEqualTo("remove-all");
        assertThat(together.get("edits").findValues("index"))
                .containsExactlyInAnyOrderElementsOf(planted.findValues("index_in_tensor"));
        assertThat(together.get("edits").findValuesAsText("tensor"))
                .containsExactlyElementsOf(planted.findValuesAsText("weight_key"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"sample", "pair", "lines", "copied"})
    void realReportsAreValidAndHaveNoOtherFields(String name) {
        assertThat(SCHEMA.validate(REPORTS.get(name))).isEmpty();
        assertThat(SCHEMA.strict().validate(REPORTS.get(name))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"sample", "pair", "lines", "copied"})
    void noFieldMayBeMissingOrOfAnotherType(String name) {
        ObjectNode first = REPORTS.get(name).deepCopy();
        // One variant of each kind is enough.
        Map<String, JsonNode> kinds = new LinkedHashMap<>();
        first.get("variants").forEach(variant -> kinds.put(variant.get("kind").textValue(), variant));
        first.putArray("variants").addAll(kinds.values());

        SCHEMA.checkNoFieldMayBeMissingOrOfAnotherType(first);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/variants/0/kind             | \"guess\"",
                "/variants/0/name             | \"\"",
                "/variants/0/edits            | []",
                "/variants/0/weights          | [0]",
                "/variants/0/effect/entropy   | 1",
                "/weights                     | []",
                "/weights/0/number            | 0",
                "/settings/confidence         | 1",
                "/settings/kinds              | []",
                "/baseline/loopRate           | 2",
                "/run/sequences               | 0",
                "/schemaVersion               | \"2.0\"",
                "/baseline/stopWordMass/value | \"much\""
            })
    void brokenReportsAreNotValid(String pointer, String value) throws IOException {
        ObjectNode broken = REPORTS.get("sample").deepCopy();
        JsonPointer field = JsonPointer.compile(pointer);
        ((ObjectNode) broken.at(field.head())).set(field.last().getMatchingProperty(), MAPPER.readTree(value));

        assertThat(SCHEMA.validate(broken)).isNotEmpty();
    }
}
