package io.github.swscan.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaId;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import io.github.swscan.checkpoint.DamagedWeights;
import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds docs/report.schema.json to reports that the program itself writes. */
class ReportSchemaTest {

    private static final JsonMapper MAPPER = new JsonMapper();
    private static final Path SCHEMA = Path.of("docs/report.schema.json");
    private static final String PLANTED = "src/test/resources/planted/two-same-row-llama";

    @TempDir
    private static Path folder;

    private static final Map<String, JsonNode> REPORTS = new LinkedHashMap<>();
    private static JsonNode schemaDocument;
    private static JsonSchema schema;

    @BeforeAll
    static void scanModels() throws Exception {
        schemaDocument = MAPPER.readTree(SCHEMA.toFile());
        schema = schemaOf(schemaDocument);
        REPORTS.put("one", detect("models-sample/super-weight-1.5m"));
        REPORTS.put("harmless", detect("models-sample/harmless-spike-1.1m"));
        Path ids = folder.resolve("ids.json");
        Files.writeString(
                ids,
                MAPPER.readTree(Path.of(PLANTED, "expected.json").toFile())
                        .get("ids")
                        .toString());
        REPORTS.put("group", detect(PLANTED, "--token-ids", ids.toString()));
        Path broken = DamagedWeights.copy(Path.of(PLANTED), folder.resolve("broken"));
        DamagedWeights.put(broken, "model.layers.1.mlp.up_proj.weight", 3, Float.NaN);
        REPORTS.put("broken", detect(broken.toString(), "--token-ids", ids.toString()));
    }

    @Test
    void schemaIsASchema() {
        JsonSchema metaSchema = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                .getSchema(SchemaLocation.of(SchemaId.V202012));
        assertThat(metaSchema.validate(schemaDocument)).isEmpty();
    }

    @Test
    void reportsAreOfTheKindsThatTheTestsNeed() {
        assertThat(REPORTS.get("one").at("/superWeights/0/verdict").textValue()).isEqualTo("critical");
        assertThat(REPORTS.get("group").at("/superWeights/0/effectPutBack").isObject())
                .isTrue();
        assertThat(REPORTS.get("group").at("/groups")).hasSize(1);
        assertThat(REPORTS.get("harmless").at("/otherSpikes/0/reason").textValue())
                .isEqualTo("harmless");
        assertThat(REPORTS.get("broken").at("/nonFinite/0/value").textValue()).isEqualTo("NaN");
        assertThat(REPORTS.get("broken").at("/baseline").isNull()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"one", "harmless", "group", "broken"})
    void realReportsAreValid(String name) {
        assertThat(schema.validate(REPORTS.get(name))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"one", "harmless", "group", "broken"})
    void schemaNamesEveryFieldThatIsWritten(String name) {
        JsonNode strict = strict();
        assertThat(schemaOf(strict).validate(REPORTS.get(name))).isEmpty();
    }

    @Test
    void strictSchemaFindsAFieldThatItDoesNotName() {
        ObjectNode report = REPORTS.get("one").deepCopy();
        ((ObjectNode) report.at("/superWeights/0")).put("mood", "good");
        assertThat(schemaOf(strict()).validate(report)).hasSize(1);
        assertThat(schema.validate(report)).as("fields may be added").isEmpty();
    }

    @Test
    void schemaNamesAndRequiresTheFieldsOfTheRecords() {
        checkFields(Report.class, schemaDocument, "report");
    }

    @ParameterizedTest
    @ValueSource(strings = {"one", "harmless", "group", "broken"})
    void noFieldMayBeMissing(String name) {
        JsonNode report = REPORTS.get(name);
        for (String pointer : fields(report, "")) {
            ObjectNode broken = report.deepCopy();
            JsonPointer field = JsonPointer.compile(pointer);
            ((ObjectNode) broken.at(field.head())).remove(field.last().getMatchingProperty());
            assertThat(schema.validate(broken)).as("without %s", pointer).isNotEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"one", "harmless", "group", "broken"})
    void noFieldMayBeOfAnotherType(String name) {
        JsonNode report = REPORTS.get(name);
        for (String pointer : fields(report, "")) {
            ObjectNode broken = report.deepCopy();
            JsonPointer field = JsonPointer.compile(pointer);
            ObjectNode parent = (ObjectNode) broken.at(field.head());
            String key = field.last().getMatchingProperty();
            parent.set(
                    key,
                    parent.get(key).isTextual()
                            ? MAPPER.getNodeFactory().numberNode(7)
                            : MAPPER.getNodeFactory().textNode("NaN"));
            assertThat(schema.validate(broken))
                    .as("%s of another type", pointer)
                    .isNotEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "one      | /superWeights/0/verdict            | \"fatal\"",
                "one      | /superWeights/0/verdict            | \"harmless\"",
                "one      | /superWeights/0/rank               | 0",
                "one      | /superWeights/0/row                | -1",
                "one      | /superWeights/0/column             | 1.5",
                "one      | /superWeights/0/layer              | null",
                "one      | /superWeights/0/location/offset    | -8",
                "one      | /superWeights/0/effect             | null",
                "one      | /superWeights/0/effect/topTokenAgreement | 1.01",
                "one      | /allRemoved/klDivergence           | -0.1",
                "group    | /superWeights/0/group              | 0",
                "group    | /groups/0/members                  | [\"model.layers.2.mlp.down_proj.weight[30, 12]\"]",
                "harmless | /otherSpikes/0/reason              | \"unknown\"",
                "one      | /run/tokenSource                   | \"guessed\"",
                "one      | /run/precision                     | \"int8\"",
                "one      | /settings/verdictMeasure           | \"accuracy\"",
                "one      | /schemaVersion                     | \"2.0\"",
                "one      | /createdAt                         | \"yesterday\"",
                "one      | /tool/name                         | \"another\"",
                "one      | /superWeights                      | null",
                "one      | /superWeights/0/value              | \"NaN\"",
                "broken   | /nonFinite/0/value                 | \"1.5\"",
                "broken   | /nonFinite/0/count                 | 0",
                "broken   | /nonFinite/0/location              | null",
                "broken   | /nonFinite                         | null",
            })
    void brokenReportsAreNotValid(String name, String pointer, String value) throws IOException {
        ObjectNode broken = REPORTS.get(name).deepCopy();
        JsonPointer field = JsonPointer.compile(pointer);
        ((ObjectNode) broken.at(field.head())).set(field.last().getMatchingProperty(), MAPPER.readTree(value));
        Set<ValidationMessage> messages = schema.validate(broken);
        assertThat(messages).isNotEmpty();
    }

    /** A real run of the program, in a process of its own. */
    private static JsonNode detect(String model, String... options) throws IOException, InterruptedException {
        Path report = folder.resolve("report-" + REPORTS.size() + ".json");
        Path output = folder.resolve("output.txt");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "io.github.swscan.cli.Swscan",
                "detect",
                model,
                "--quiet",
                "--report",
                report.toString()));
        command.addAll(List.of(options));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        boolean ended = process.waitFor(120, TimeUnit.SECONDS);
        process.destroyForcibly();
        assertThat(ended).as("ended in time").isTrue();
        assertThat(process.exitValue()).as(Files.readString(output)).isZero();
        return MAPPER.readTree(report.toFile());
    }

    private static JsonSchema schemaOf(JsonNode document) {
        SchemaValidatorsConfig settings =
                SchemaValidatorsConfig.builder().formatAssertionsEnabled(true).build();
        return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(document, settings);
    }

    /** The schema without room for further fields. */
    private static JsonNode strict() {
        JsonNode strict = schemaDocument.deepCopy();
        for (JsonNode parent : strict.findParents("additionalProperties")) {
            assertThat(parent.get("additionalProperties").booleanValue()).isTrue();
            ((ObjectNode) parent).put("additionalProperties", false);
        }
        return strict;
    }

    /** Pointers to all fields of a document, those of nested objects included. */
    private static List<String> fields(JsonNode node, String pointer) {
        List<String> pointers = new ArrayList<>();
        node.properties().forEach(field -> {
            String below = pointer + "/" + field.getKey();
            pointers.add(below);
            pointers.addAll(fields(field.getValue(), below));
        });
        if (node instanceof ArrayNode) {
            for (int i = 0; i < node.size(); i++) {
                pointers.addAll(fields(node.get(i), pointer + "/" + i));
            }
        }
        return pointers;
    }

    private static void checkFields(Class<?> type, JsonNode described, String path) {
        JsonNode target = resolved(described);
        List<String> names = new ArrayList<>();
        for (RecordComponent component : type.getRecordComponents()) {
            String below = path + "." + component.getName();
            names.add(component.getName());
            JsonNode property = target.at("/properties/" + component.getName());
            assertThat(property.path("description").isTextual())
                    .as("%s is described", below)
                    .isTrue();
            JsonNode inner = resolved(property);
            Optional<Class<?>> element = element(component.getGenericType());
            element.filter(Class::isRecord)
                    .ifPresent(elementType ->
                            checkFields(elementType, inner.has("items") ? inner.get("items") : inner, below));
        }
        assertThat(target.get("properties").fieldNames()).toIterable().as(path).containsExactlyElementsOf(names);
        assertThat(target.get("required"))
                .as(path)
                .extracting(JsonNode::textValue)
                .containsExactlyElementsOf(names);
        assertThat(target.get("additionalProperties").booleanValue()).as(path).isTrue();
    }

    /** The schema of a value, where it may be null or stands elsewhere. */
    private static JsonNode resolved(JsonNode node) {
        if (node.has("oneOf")) {
            return resolved(node.get("oneOf").get(0));
        }
        return node.has("$ref") ? schemaDocument.at(node.get("$ref").textValue().substring(1)) : node;
    }

    private static Optional<Class<?>> element(Type type) {
        if (type instanceof ParameterizedType parameterized) {
            return element(parameterized.getActualTypeArguments()[0]);
        }
        return Optional.of((Class<?>) type);
    }
}
