package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.fixture.Models;
import io.github.swscan.fixture.TestResources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AblateTest {

    private static final JsonMapper MAPPER = new JsonMapper();
    private static final String WEIGHT = "1:57:123";

    @TempDir
    private Path folder;

    private Path report() {
        return folder.resolve("swscan-ablation.json");
    }

    private CommandRun ablate(String... arguments) {
        List<String> all = new ArrayList<>(List.of("ablate", "--report", report().toString()));
        all.addAll(List.of(arguments));
        return CommandRun.of(all.toArray(String[]::new));
    }

    /** In a process of its own, whose working folder is the test's. */
    private CommandRun ablateInFolder(String... arguments) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of("ablate"));
        all.addAll(List.of(arguments));
        return ChildJvm.run(folder, all.toArray(String[]::new));
    }

    private void detectInFolder(Path model) {
        assertThat(CommandRun.of(
                                "detect",
                                "--quiet",
                                "--report",
                                folder.resolve("swscan-report.json").toString(),
                                model.toString())
                        .code())
                .isZero();
    }

    @Test
    void detectsFirstWhereNoWeightIsNamed() throws IOException {
        CommandRun run = ablate(Models.CRITICAL.toString(), "--top", "1", "--only", "remove,restore");

        assertThat(run.code()).isZero();
        assertThat(run.out())
                .contains("#1 removed", "super activation put back", "tokens that lose most")
                .endsWith("Report: " + report() + "\n");
        JsonNode json = MAPPER.readTree(report().toFile());
        assertThat(json.at("/settings/weightSource").textValue()).isEqualTo("detection");
        assertThat(json.at("/weights/0/tensor").textValue()).isEqualTo("model.layers.1.mlp.down_proj.weight");
        assertThat(json.at("/variants/0/effect/perplexityRatio/value").doubleValue())
                .isGreaterThan(100);
        assertThat(json.at("/variants/1/recovery").doubleValue()).isGreaterThan(0.95);
    }

    @Test
    void takesModelAndRankingFromTheNewestReportInTheWorkingFolder() throws Exception {
        Path model = Models.copy(Models.CRITICAL, folder.resolve("model"));
        Files.writeString(folder.resolve("other.json"), "{\"tool\": {\"name\": \"swscan\"}}");
        Files.writeString(folder.resolve("broken.json"), "{");
        detectInFolder(model);

        CommandRun run = ablateInFolder("--top", "1", "--only", "remove", "--format", "json");

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(report()).doesNotExist();
        JsonNode json = MAPPER.readTree(run.out());
        assertThat(json.at("/settings/weightSource").textValue()).isEqualTo("swscan-report.json");
        assertThat(ablateInFolder("--top", "1", "--only", "remove", "--generate", "0")
                        .out())
                .contains("report      swscan-report.json, the newest in this folder, names the model\nmodel       ");
        assertThat(json.at("/weights/0/row").intValue()).isEqualTo(57);
        assertThat(json.at("/variants/0/effect/perplexityRatio/value").doubleValue())
                .isGreaterThan(100);
    }

    @Test
    void zeroIsAScaleWhereItIsAskedFor() throws IOException {
        CommandRun run = ablate(
                Models.CRITICAL.toString(),
                "--weight",
                WEIGHT,
                "--only=scale",
                "--scales=0,0.5",
                "--generate=0",
                "--max-tokens=64");

        assertThat(run.code()).isZero();
        assertThat(MAPPER.readTree(report().toFile()).path("variants").findValuesAsText("name"))
                .containsExactly("scale-1-0", "scale-1-0.5");
    }

    @Test
    void reportOfAModelThatHasChangedIsRefused() throws Exception {
        Path model = Models.copy(Models.CRITICAL, folder.resolve("model"));
        detectInFolder(model);
        JsonNode report = MAPPER.readTree(folder.resolve("swscan-report.json").toFile());
        long offset = report.at("/superWeights/0/location/offset").longValue();
        Path weights = model.resolve("model.safetensors");
        FileTime written = Files.getLastModifiedTime(weights);
        Files.setLastModifiedTime(weights, FileTime.from(Instant.now().plusSeconds(5)));

        ablateInFolder().assertFailed(3, "this report: model.safetensors was written later; run 'swscan detect' again");

        byte[] bytes = Files.readAllBytes(weights);
        bytes[(int) offset] ^= 1;
        Files.write(weights, bytes);
        Files.setLastModifiedTime(weights, written);

        ablateInFolder()
                .assertFailed(3, "swscan-report.json: model: the model has changed since this report", "57:123");

        ((ObjectNode) report.at("/model/files/0")).put("bytes", 5);
        MAPPER.writeValue(folder.resolve("swscan-report.json").toFile(), report);
        ablateInFolder().assertFailed(3, "its files have other names or sizes; run 'swscan detect' again");
        assertThat(report()).doesNotExist();
    }

    @Test
    void reportOfAModelThatIsGoneSaysSo() throws Exception {
        Path model = Models.copy(Models.CRITICAL, folder.resolve("model"));
        detectInFolder(model);
        Files.move(model, folder.resolve("elsewhere"));

        ablateInFolder()
                .assertFailed(
                        3,
                        "swscan-report.json: model.path: names " + model + ", which does not exist",
                        "name the model");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"createdAt\": \"2026-01-01T00:00:00Z\"}", "{\"createdAt\": \"yesterday\"}"})
    void brokenReportsAreNone(String fields) throws Exception {
        ObjectNode report = MAPPER.readValue(fields, ObjectNode.class).put("schemaVersion", "1.0");
        report.putObject("tool").put("name", "swscan");
        report.putArray("superWeights");
        MAPPER.writeValue(folder.resolve("swscan-report.json").toFile(), report);

        ablateInFolder().assertFailed(3, "holds no report of swscan");
    }

    @Test
    void whatWasAskedForAndIsNotThereIsTold() throws IOException {
        CommandRun run = ablate(Models.CRITICAL.toString(), "--top", "50", "--only", "remove", "--largest", "7");

        assertThat(run.code()).isZero();
        JsonNode report = MAPPER.readTree(report().toFile());
        int weights = report.get("weights").size();
        assertThat(weights).isBetween(2, 49);
        assertThat(run.out())
                .contains(
                        "variants    " + (weights + 1) + ", side by side with the original in ",
                        "The ranking has only " + weights + " of the 50 weights asked for.",
                        "--largest was left out, since --only does not name it.");
        assertThat(report.get("variants")).as("each alone, and all").hasSize(weights + 1);
    }

    @Test
    void aModelWithoutCandidatesSaysWhatHelps() {
        ablate(TestResources.at("planted/none-diffuse-mistral").toString(), "--top", "5", "--quiet")
                .assertFailed(3, "has no candidate for a super weight; name a weight with --weight");
    }

    @Test
    void aWeightThatIsNamedTwiceCountsOnce() throws IOException {
        ablate(
                Models.CRITICAL.toString(),
                "--weight",
                WEIGHT,
                "--weight",
                "model.layers.1.mlp.down_proj.weight:57:123",
                "--only",
                "remove");

        assertThat(MAPPER.readTree(report().toFile()).get("variants").findValuesAsText("name"))
                .containsExactly("remove-1");
    }

    @Test
    void interactionOfAPairIsShownAndReported() throws IOException {
        Path planted = TestResources.at("planted/two-same-row-llama");
        JsonNode expected = MAPPER.readTree(planted.resolve("expected.json").toFile());
        Path ids = Files.writeString(
                folder.resolve("ids.json"), expected.get("ids").toString());
        CommandRun run = ablate(
                planted.toString(),
                "--token-ids",
                ids.toString(),
                "--weight",
                "2:30:12",
                "--weight",
                "2:30:22",
                "--precision",
                "fp32",
                "--only",
                "remove");

        assertThat(run.code()).isZero();
        double alone = expected.get("planted").findValues("ce_delta").stream()
                .mapToDouble(JsonNode::doubleValue)
                .sum();
        double together = expected.get("mean_cross_entropy_all_planted_zeroed").doubleValue()
                - expected.get("mean_cross_entropy").doubleValue();
        JsonNode interaction = MAPPER.readTree(report().toFile()).at("/variants/2/interaction");
        assertThat(interaction.get("sum").doubleValue()).isCloseTo(alone, within(2e-5));
        assertThat(interaction.get("joint").doubleValue()).isCloseTo(together, within(1e-5));
        assertThat(interaction.get("excess").doubleValue()).isCloseTo(together - alone, within(3e-5));
        assertThat(run.out()).contains("Together and alone", "all removed | %11.4f | %8.4f".formatted(alone, together));
    }

    @Test
    void withoutAModelAndAReportItSaysWhatHelps() throws Exception {
        ablateInFolder("--top", "5").assertFailed(3, "holds no report of swscan; run 'swscan detect MODEL'");
    }

    @Test
    void harmlessCandidatesAreRankedToo() throws IOException {
        CommandRun run = ablate(Models.HARMLESS.toString(), "--top", "1", "--only", "remove,control");

        assertThat(run.code()).isZero();
        JsonNode json = MAPPER.readTree(report().toFile());
        assertThat(json.at("/weights/0/row").intValue()).isEqualTo(41);
        for (JsonNode variant : json.at("/variants")) {
            assertThat(variant.at("/effect/perplexityRatio/value").doubleValue())
                    .isCloseTo(1, within(0.01));
        }
    }

    @Test
    void copyPredictsAsItsVariant() throws IOException {
        Path copy = folder.resolve("copy");
        CommandRun run = ablate(
                Models.CRITICAL.toString(),
                "--weight",
                WEIGHT,
                "--only",
                "scale",
                "--precision",
                "fp32",
                "--save-edited",
                copy.toString(),
                "--variant",
                "scale-1-0.2");
        assertThat(run.code()).as(run.err()).isZero();
        double expected = MAPPER.readTree(report().toFile())
                .at("/variants/0/effect/meanNll")
                .doubleValue();

        assertThat(ablate(copy.toString(), "--weight", WEIGHT, "--only", "flip", "--precision", "fp32")
                        .code())
                .isZero();

        assertThat(MAPPER.readTree(report().toFile()).at("/baseline/meanNll").doubleValue())
                .isCloseTo(expected, within(1e-5));
        assertThat(Models.files(copy)).hasSameSizeAs(Models.files(Models.CRITICAL));
        assertThat(run.out()).endsWith("Copy with scale-1-0.2: " + copy + "\n");
    }

    /** The row is written whole, and all that reads the copy reads zeros. */
    @Test
    void aRowIsRemovedInACopyToo() throws IOException {
        Path copy = folder.resolve("copy");
        CommandRun run = ablate(
                Models.CRITICAL.toString(),
                "--weight",
                "1:57:*",
                "--precision",
                "fp32",
                "--save-edited",
                copy.toString());
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out())
                .contains(
                        "| model.layers.1.mlp.down_proj.weight |  57 |    all |",
                        "Of whole rows and columns nothing but removals is measured.")
                .endsWith("Copy with remove-1: " + copy + "\n");
        double expected = MAPPER.readTree(report().toFile())
                .at("/variants/0/effect/meanNll")
                .doubleValue();

        ablate(copy.toString(), "--weight", WEIGHT, "--only", "remove", "--precision", "fp32");

        JsonNode edited = MAPPER.readTree(report().toFile());
        assertThat(edited.at("/baseline/meanNll").doubleValue()).isCloseTo(expected, within(1e-5));
        assertThat(edited.at("/weights/0/value").doubleValue()).isZero();
    }

    @Test
    void whatIsLeftOutIsTold() throws IOException {
        CommandRun run = ablate(Models.CRITICAL.toString(), "--weight", WEIGHT, "--generate=0");

        assertThat(run.outUnbroken())
                .contains("Left out: scale, row, column; --only KIND or --all-variants measures them.");
        JsonNode json = MAPPER.readTree(report().toFile());
        assertThat(json.get("variants").findValuesAsText("name"))
                .containsExactly("remove-1", "flip-1", "mean-1", "restore", "control-1", "control-2", "control-3");
        assertThat(json.get("notes").toString()).contains("Left out: ");
    }

    @Test
    void allVariantsLeaveNothingOut() throws IOException {
        CommandRun run =
                ablate(Models.CRITICAL.toString(), "--weight", WEIGHT, "--all-variants", "--scales=2", "--generate=0");

        assertThat(run.out()).doesNotContain("Left out");
        assertThat(MAPPER.readTree(report().toFile()).get("variants").findValuesAsText("name"))
                .contains("scale-1-2", "row-1", "column-1", "mean-1");
    }

    @Test
    void aVariantThatTheCopyNamesIsMade() throws IOException {
        CommandRun run = ablate(
                Models.CRITICAL.toString(),
                "--weight",
                WEIGHT,
                "--generate=0",
                "--save-edited",
                folder.resolve("copy").toString(),
                "--variant",
                "scale-1-0.5");

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(MAPPER.readTree(report().toFile()).get("variants").findValuesAsText("name"))
                .contains("scale-1-0.5")
                .doesNotContain("scale-1-0.8");
    }

    @Test
    void textMayBeJsonLines() throws IOException {
        Path text = folder.resolve("text.jsonl");
        Files.writeString(text, "{\"text\": \"In the beginning\"}\n\n{\"text\": \"God created the heaven.\"}\n");
        assertThat(ablate(Models.CRITICAL.toString(), "--weight", WEIGHT, "--only", "remove", "--text", text.toString())
                        .code())
                .isZero();

        Files.writeString(text, "{\"text\": \"In the beginning\"}\n{\"texts\": 1}\n");
        ablate(Models.CRITICAL.toString(), "--weight", WEIGHT, "--text", text.toString())
                .assertFailed(3, text + ": line 2: has no field \"text\"");
    }

    @ParameterizedTest
    @CsvSource({"text.txt, ''", "text.txt, ' \n'", "text.jsonl, ''", "text.jsonl, '{\"text\": \"\"}'"})
    void emptyTextIsNamed(String name, String content) throws IOException {
        Path text = Files.writeString(folder.resolve(name), content);

        ablate(Models.CRITICAL.toString(), "--weight", WEIGHT, "--text", text.toString())
                .assertFailed(3, text + ": holds no text");
    }

    @Test
    void existingFolderIsNotReplaced() throws IOException {
        Path mine = Files.writeString(folder.resolve("mine"), "");
        ablate(Models.CRITICAL.toString(), "--weight", WEIGHT, "--save-edited", folder.toString())
                .assertFailed(2, "--save-edited " + folder + ": exists already");
        assertThat(Models.files(folder)).containsExactly(mine);
    }

    @ParameterizedTest
    @CsvSource({
        "--weight 1:57:384, 'there is no weight 1:57:384: model.layers.1.mlp.down_proj.weight has rows 0 to 127'",
        "--weight 6:0:0, there is no weight 6:0:0: the model has layers 0 to 5",
        "--weight 1:57, '''1:57'' is not TENSOR:ROW:COLUMN or LAYER:ROW:COLUMN'",
        "--weight 1:57:123 --top 2, --weight stands in place of --top",
        "--top 0, --top must be at least 1",
        "--weight 1:57:384:*, 'there is no weight 1:57:384:*: layer 1 has no experts'",
        "--weight 1:128:*, 'there is no weight 1:128:*: model.layers.1.mlp.down_proj.weight has rows 0 to 127'",
        "--weight 1:57:* --only flip, '''flip'' is for single weights, and --weight 1:57:* names a whole row'",
        "'--weight 1:*:123 --only remove,mean', '''mean'' is for single weights, and --weight 1:*:123 names a whole column'",
        "--weight 1:57:* --scales 0.5, '''scale'' is for single weights'",
        "--weight 1:57:* --largest 5, '''largest'' is for single weights'",
        "--weight 1:57:* --only keep, --only leaves no experiment to make with 1 weight",
        "--only remove --all-variants, --only stands in place of --all-variants",
        "--weight 1:57:123 --only keep, --only leaves no experiment to make with 1 weight",
        "--only nothing, '--only'",
        "--only largest, --only largest needs --largest K",
        "'--scales 1,x', '--scales'",
        "--scales NaN, --scales must be finite numbers",
        "--controls -1, --controls must be from 0",
        "--largest -1, --largest must be from 0",
        "--variant remove-1, --variant needs --save-edited",
        "--context 1, --context must be at least 2",
        "--weight 1:57:123 --save-edited {folder}/copy --variant none, there is no variant none among remove-1",
        "--weight 1:57:123 --only restore --save-edited {folder}/copy, --save-edited: --only leaves out the removal",
        "--weight 1:57:123 --scales 1e39, '--scales: #1, 1.7734375, would become 1.7734375E39, more than BF16 holds'",
        "--weight 1:57:123 --save-edited {folder}/copy --variant restore, 'puts an activation back, which no file can hold'",
        "--weight 1:57:123 --save-edited {folder}/copy --variant mean-1, 'puts a mean back, which no file can hold'"
    })
    void wrongUsageIsOneLine(String options, String message) {
        List<String> arguments = new ArrayList<>(List.of("--quiet", Models.CRITICAL.toString()));
        for (String option : options.replace("{folder}", folder.toString()).split(" ", -1)) {
            arguments.add(option);
        }

        ablate(arguments.toArray(String[]::new)).assertFailed(2, message);
        assertThat(Models.files(folder)).isEmpty();
    }
}
