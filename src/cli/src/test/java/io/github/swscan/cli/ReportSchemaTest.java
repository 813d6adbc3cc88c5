package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.ValidationMessage;
import io.github.swscan.fixture.DamagedWeights;
import io.github.swscan.fixture.HostileInput;
import io.github.swscan.fixture.TestResources;
import io.github.swscan.fixture.TorchFile;
import io.github.swscan.report.DetectionReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds docs/report.schema.json to reports that the program itself writes. */
class ReportSchemaTest {

    private static final JsonMapper MAPPER = new JsonMapper();
    private static final String PLANTED =
            TestResources.at("planted/two-same-row-llama").toString();

    @TempDir
    private static Path folder;

    private static final Map<String, JsonNode> REPORTS = new LinkedHashMap<>();
    private static final SchemaDocument SCHEMA = SchemaDocument.read(Path.of("docs/report.schema.json"));

    @BeforeAll
    static void scanModels() throws Exception {
        REPORTS.put("one", run("detect", "models-sample/super-weight-1.5m", "--fail-on", "critical"));
        REPORTS.put("harmless", run("detect", "models-sample/harmless-spike-1.1m"));
        Path ids = folder.resolve("ids.json");
        Files.writeString(
                ids,
                MAPPER.readTree(Path.of(PLANTED, "expected.json").toFile())
                        .get("ids")
                        .toString());
        REPORTS.put("group", run("detect", PLANTED, "--token-ids", ids.toString()));
        Path broken = DamagedWeights.copy(Path.of(PLANTED), folder.resolve("broken"));
        DamagedWeights.put(broken, "model.layers.1.mlp.up_proj.weight", 3, Float.NaN);
        REPORTS.put("broken", run("detect", broken.toString(), "--token-ids", ids.toString()));
        Path hybrid = TestResources.at("reference/nemotron_h");
        Path hybridIds = folder.resolve("hybrid-ids.json");
        Files.writeString(
                hybridIds,
                MAPPER.readTree(hybrid.resolve("expected.json").toFile())
                        .get("input_ids")
                        .toString());
        REPORTS.put("hybrid", run("detect", hybrid.toString(), "--token-ids", hybridIds.toString()));
        // Of the same numbers as the original, so that one is told.
        Path quantized = TestResources.at("coded/gptq-3bit");
        Path quantizedIds = folder.resolve("quantized-ids.json");
        Files.writeString(
                quantizedIds,
                MAPPER.readTree(quantized.resolve("expected.json").toFile())
                        .get("input_ids")
                        .toString());
        REPORTS.put(
                "quantized",
                run(
                        "detect",
                        quantized.toString(),
                        "--token-ids",
                        quantizedIds.toString(),
                        "--against",
                        quantized.toString()));
        Path unsafe = Files.createDirectory(folder.resolve("unsafe"));
        HostileInput.config(unsafe);
        new TorchFile()
                .global("os", "system")
                .op('(')
                .text("touch x")
                .op('t', 'R')
                .write(unsafe.resolve("pytorch_model.bin"));
        REPORTS.put("unsafe", run("detect", unsafe.toString(), "--fail-on", "unsafe-pickle"));
    }

    @Test
    void schemaIsASchema() {
        assertThat(SCHEMA.problems()).isEmpty();
    }

    @Test
    void schemaIsNamedAfterTheVersionThatIsWritten() {
        assertThat(SCHEMA.id()).isEqualTo("urn:swscan:report:" + DetectionReport.SCHEMA_VERSION);
    }

    @Test
    void reportsAreOfTheKindsThatTheTestsNeed() {
        assertThat(REPORTS.get("one").at("/superWeights/0/verdict").textValue()).isEqualTo("critical");
        assertThat(REPORTS.get("group").at("/superWeights/0/effectFlipped").isObject())
                .isTrue();
        assertThat(REPORTS.get("one").at("/policy/violations")).hasSize(1);
        assertThat(REPORTS.get("group").at("/policy").isNull()).isTrue();
        assertThat(REPORTS.get("group").at("/sets")).hasSize(1);
        assertThat(REPORTS.get("harmless").at("/otherSpikes/0/reason").textValue())
                .isEqualTo("harmless");
        assertThat(REPORTS.get("broken").at("/nonFinite/0/value").textValue()).isEqualTo("NaN");
        assertThat(REPORTS.get("unsafe").at("/model/unsafe/0/name").textValue()).isEqualTo("os.system");
        assertThat(REPORTS.get("hybrid").at("/layersWithoutMlp")).isNotEmpty();
        assertThat(REPORTS.get("hybrid").at("/recurrences")).isNotEmpty();
        assertThat(REPORTS.get("broken").at("/baseline").isNull()).isTrue();
        assertThat(REPORTS.get("quantized")
                        .at("/superWeights/0/stored/block/size")
                        .intValue())
                .isEqualTo(32);
        assertThat(REPORTS.get("quantized").at("/superWeights/0/original/error").doubleValue())
                .isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"one", "harmless", "group", "broken", "quantized", "hybrid", "unsafe"})
    void realReportsAreValid(String name) {
        assertThat(SCHEMA.validate(REPORTS.get(name))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"one", "harmless", "group", "broken", "quantized", "hybrid", "unsafe"})
    void schemaNamesEveryFieldThatIsWritten(String name) {
        assertThat(SCHEMA.strict().validate(REPORTS.get(name))).isEmpty();
    }

    @Test
    void strictSchemaFindsAFieldThatItDoesNotName() {
        ObjectNode report = REPORTS.get("one").deepCopy();
        ((ObjectNode) report.at("/superWeights/0")).put("mood", "good");
        assertThat(SCHEMA.strict().validate(report)).hasSize(1);
        assertThat(SCHEMA.validate(report)).as("fields may be added").isEmpty();
    }

    @Test
    void schemaNamesAndRequiresTheFieldsOfTheRecords() {
        SCHEMA.checkFields(DetectionReport.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"one", "harmless", "group", "broken", "quantized", "hybrid", "unsafe"})
    void noFieldMayBeMissingOrOfAnotherType(String name) {
        SCHEMA.checkNoFieldMayBeMissingOrOfAnotherType(REPORTS.get(name));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "one      | /superWeights/0/verdict            | \"fatal\"",
                "one      | /verdict                           | \"harmless\"",
                "one      | /superWeights/0/rank               | 0",
                "one      | /superWeights/0/row                | -1",
                "one      | /superWeights/0/column             | 1.5",
                "one      | /superWeights/0/layer              | null",
                "one      | /superWeights/0/location/offset    | -8",
                "one      | /superWeights/0/effect             | null",
                "one      | /superWeights/0/effect/topTokenAgreement | 1.01",
                "one      | /allRemoved/klDivergence           | -0.1",
                "group    | /superWeights/0/sets               | [0]",
                "group    | /sets/0/kind                       | \"strong\"",
                "group    | /sets/0/verdict                    | \"harmless\"",
                "group    | /settings/textDigest               | \"none\"",
                "group    | /superWeights/0/flipVerdict        | \"broken\"",
                "group    | /sets/0/members                    | [\"model.layers.2.mlp.down_proj.weight[30, 12]\"]",
                "one      | /policy/ignored                    | null",
                "one      | /model/unsafe                      | null",
                "one      | /policy/violations/0/weights       | null",
                "harmless | /otherSpikes/0/reason              | \"unknown\"",
                "one      | /run/tokenSource                   | \"guessed\"",
                "one      | /run/precision                     | \"int8\"",
                "one      | /settings/verdictMeasure           | \"accuracy\"",
                "one      | /schemaVersion                     | \"1.0\"",
                "one      | /createdAt                         | \"yesterday\"",
                "one      | /tool/name                         | \"another\"",
                "one      | /superWeights                      | null",
                "one      | /superWeights/0/value              | \"NaN\"",
                "broken   | /nonFinite/0/value                 | \"1.5\"",
                "broken   | /nonFinite/0/count                 | 0",
                "broken   | /nonFinite/0/location              | null",
                "broken   | /nonFinite                         | null",
                "quantized | /superWeights/0/stored/code        | \"15\"",
                "quantized | /superWeights/0/stored/block/size  | 0",
                "quantized | /superWeights/0/stored/block/step  | -1",
                "quantized | /superWeights/0/original/value     | null",
                "quantized | /superWeights/0/location/bits      | 0",
                "quantized | /superWeights/0/location/furtherBits | null",
                "quantized | /superWeights/0/location/furtherBits | [{\"bitOffset\": 3, \"bits\": 0}]",
                "quantized | /model/quantization/bits           | 0",
                "quantized | /model/quantization/exempt         | null",
            })
    void brokenReportsAreNotValid(String name, String pointer, String value) throws IOException {
        ObjectNode broken = REPORTS.get(name).deepCopy();
        JsonPointer field = JsonPointer.compile(pointer);
        ((ObjectNode) broken.at(field.head())).set(field.last().getMatchingProperty(), MAPPER.readTree(value));
        Set<ValidationMessage> messages = SCHEMA.validate(broken);
        assertThat(messages).isNotEmpty();
    }

    /** What version 0.1.0 of the program wrote. */
    @ParameterizedTest
    @ValueSource(strings = {"group-1.0", "harmless-1.0"})
    void theSchemaOfTheFirstVersionIsKept(String name) throws IOException {
        SchemaDocument first = SchemaDocument.read(Path.of("docs/schemas/report-1.0.schema.json"));
        JsonNode report =
                MAPPER.readTree(TestResources.at("reports/" + name + ".json").toFile());

        assertThat(first.id()).isEqualTo("urn:swscan:report:1.0");
        assertThat(first.strict().validate(report)).isEmpty();
        assertThat(SCHEMA.validate(report)).isNotEmpty();
    }

    private static JsonNode run(String... arguments) throws IOException, InterruptedException {
        return SchemaDocument.reportOf(folder, arguments);
    }
}
