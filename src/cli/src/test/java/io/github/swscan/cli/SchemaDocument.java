package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaId;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** The JSON Schema of a kind of reports, with what tests ask of it. */
record SchemaDocument(JsonNode document) {

    private static final JsonMapper MAPPER = new JsonMapper();

    static SchemaDocument read(Path file) {
        try {
            return new SchemaDocument(MAPPER.readTree(file.toFile()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Set<ValidationMessage> validate(JsonNode report) {
        SchemaValidatorsConfig settings =
                SchemaValidatorsConfig.builder().formatAssertionsEnabled(true).build();
        return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                .getSchema(document, settings)
                .validate(report);
    }

    /** The name that tells it from other schemas. */
    String id() {
        return document.path("$id").asText();
    }

    /** What is wrong with the schema as a schema. */
    Set<ValidationMessage> problems() {
        return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                .getSchema(SchemaLocation.of(SchemaId.V202012))
                .validate(document);
    }

    /** The schema without room for further fields. */
    SchemaDocument strict() {
        JsonNode strict = document.deepCopy();
        for (JsonNode parent : strict.findParents("additionalProperties")) {
            assertThat(parent.get("additionalProperties").booleanValue()).isTrue();
            ((ObjectNode) parent).put("additionalProperties", false);
        }
        return new SchemaDocument(strict);
    }

    /** The schema names, describes and requires the fields of a record, and of the records in it, and no others. */
    void checkFields(Class<?> type) {
        checkFields(type, document, type.getSimpleName());
    }

    void checkNoFieldMayBeMissingOrOfAnotherType(JsonNode report) {
        for (String pointer : fields(report, "")) {
            JsonPointer field = JsonPointer.compile(pointer);
            String key = field.last().getMatchingProperty();
            ObjectNode without = report.deepCopy();
            ((ObjectNode) without.at(field.head())).remove(key);
            assertThat(validate(without)).as("without %s", pointer).isNotEmpty();

            ObjectNode other = report.deepCopy();
            ObjectNode parent = (ObjectNode) other.at(field.head());
            parent.set(
                    key,
                    parent.get(key).isTextual() || parent.get(key).isBoolean()
                            ? MAPPER.getNodeFactory().numberNode(7)
                            : MAPPER.getNodeFactory().booleanNode(true));
            assertThat(validate(other)).as("%s of another type", pointer).isNotEmpty();
        }
    }

    /** A real run of the program, in a process of its own; a policy that is named is violated. */
    static JsonNode reportOf(Path folder, String... arguments) throws IOException, InterruptedException {
        Path report = folder.resolve("report-" + UUID.randomUUID() + ".json");
        Path output = folder.resolve("output.txt");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "io.github.swscan.cli.Swscan"));
        command.addAll(List.of(arguments));
        command.addAll(List.of("--quiet", "--report", report.toString()));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        boolean ended = process.waitFor(120, TimeUnit.SECONDS);
        process.destroyForcibly();
        assertThat(ended).as("ended in time").isTrue();
        assertThat(process.exitValue())
                .as(Files.readString(output))
                .isEqualTo(List.of(arguments).contains("--fail-on") ? 1 : 0);
        return MAPPER.readTree(report.toFile());
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

    private void checkFields(Class<?> type, JsonNode described, String path) {
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
    private JsonNode resolved(JsonNode node) {
        if (node.has("oneOf")) {
            return resolved(node.get("oneOf").get(0));
        }
        return node.has("$ref") ? document.at(node.get("$ref").textValue().substring(1)) : node;
    }

    private static Optional<Class<?>> element(Type type) {
        if (type instanceof ParameterizedType parameterized) {
            return element(parameterized.getActualTypeArguments()[0]);
        }
        return Optional.of((Class<?>) type);
    }
}
