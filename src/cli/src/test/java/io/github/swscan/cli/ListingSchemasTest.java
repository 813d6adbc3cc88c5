package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.swscan.fixture.Models;
import io.github.swscan.fixture.TestResources;
import io.github.swscan.report.FamiliesReport;
import io.github.swscan.report.InspectionReport;
import io.github.swscan.report.KnownReport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds the schemas of what inspect, families and known print as JSON to what they print. */
class ListingSchemasTest {

    private static final JsonMapper MAPPER = new JsonMapper();
    private static final SchemaDocument INSPECTION =
            SchemaDocument.read(Path.of("docs/schemas/inspection-1.0.schema.json"));
    private static final SchemaDocument FAMILIES =
            SchemaDocument.read(Path.of("docs/schemas/families-1.0.schema.json"));
    private static final SchemaDocument KNOWN = SchemaDocument.read(Path.of("docs/schemas/known-1.0.schema.json"));

    @Test
    void schemasAreSchemas() {
        assertThat(INSPECTION.problems()).isEmpty();
        assertThat(INSPECTION.id()).isEqualTo("urn:swscan:inspection:" + InspectionReport.SCHEMA_VERSION);
        assertThat(FAMILIES.problems()).isEmpty();
        assertThat(FAMILIES.id()).isEqualTo("urn:swscan:families:" + FamiliesReport.SCHEMA_VERSION);
        assertThat(KNOWN.problems()).isEmpty();
        assertThat(KNOWN.id()).isEqualTo("urn:swscan:known:" + KnownReport.SCHEMA_VERSION);
    }

    @Test
    void schemasNameTheFieldsOfTheRecords() {
        INSPECTION.checkFields(InspectionReport.class);
        FAMILIES.checkFields(FamiliesReport.class);
        KNOWN.checkFields(KnownReport.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"reference/gpt2", "reference/llama-sharded3", "reference/mixtral", "coded/ct-nvfp4"})
    void inspectPrintsWhatItsSchemaSays(String model) throws IOException {
        JsonNode printed = printed("inspect", TestResources.at(model).toString(), "--format=json", "-q");

        assertThat(INSPECTION.strict().validate(printed)).isEmpty();
        INSPECTION.checkNoFieldMayBeMissingOrOfAnotherType(printed);
        assertThat(printed.path("downProjections")).isNotEmpty();
    }

    @Test
    void inspectPrintsALineForEachOfSeveral() throws IOException {
        CommandRun run = CommandRun.of(
                "inspect", Models.CRITICAL.toString(), "no-such-model", Models.HARMLESS.toString(), "--format=json");

        List<String> lines = run.out().lines().toList();
        assertThat(run.code()).isEqualTo(3);
        assertThat(lines).hasSize(3);
        assertThat(INSPECTION.strict().validate(MAPPER.readTree(lines.get(2)))).isEmpty();
        assertThat(MAPPER.readTree(lines.get(1)).at("/error/message").textValue())
                .isEqualTo("no-such-model: does not exist; check the path");
    }

    @Test
    void familiesPrintsWhatItsSchemaSays() throws IOException {
        JsonNode all = printed("families", "--format=json");
        JsonNode some = printed("families", "GEMMA", "--format=json");

        assertThat(FAMILIES.strict().validate(all)).isEmpty();
        FAMILIES.checkNoFieldMayBeMissingOrOfAnotherType(some);
        assertThat(all.path("families").size()).isGreaterThan(80);
        assertThat(some.path("families").findValuesAsText("name"))
                .contains("gemma", "gemma2")
                .allMatch(name -> name.contains("gemma"));
        assertThat(some.path("ggufArchitectures")).hasSize(3);
    }

    @Test
    void familiesThatAreNotThereAreTold() {
        assertThat(CommandRun.of("families", "nothing-like-it"))
                .isEqualTo(new CommandRun(0, "no family has 'nothing-like-it' in its name\n", ""));
    }

    @Test
    void familiesFitEightyColumns() {
        assertThat(CommandRun.of("families").out().lines())
                .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
    }

    @Test
    void knownPrintsWhatItsSchemaSays() throws IOException {
        JsonNode all = printed("known", "--format=json", "-q");

        assertThat(KNOWN.strict().validate(all)).isEmpty();
        KNOWN.checkNoFieldMayBeMissingOrOfAnotherType(all);
        assertThat(all.path("published").findValuesAsText("name")).contains("huggyllama/llama-7b");
    }

    @Test
    void knownOfAModelOfWhichNothingIsPublishedSaysSo() throws IOException {
        String model = Models.CRITICAL.toString();

        assertThat(KNOWN.strict().validate(printed("known", model, "--format=json")))
                .isEmpty();
        assertThat(CommandRun.of("known", model))
                .isEqualTo(new CommandRun(
                        0,
                        "model       " + model
                                + "\n\nno published super weight is known for models of this family and shape\n",
                        ""));
    }

    private static JsonNode printed(String... arguments) throws IOException {
        CommandRun run = CommandRun.of(arguments);
        assertThat(run.code()).as(run.err()).isZero();
        return MAPPER.readTree(run.out());
    }
}
