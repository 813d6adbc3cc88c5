package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.swscan.fixture.RealModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a detection finds in public checkpoints, on the token ids of their references and with defaults. */
@Tag("real-models")
class RealDetectionTest {

    private static final String CRITICAL = "critical";

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({
        "SmolLM2-135M-Instruct.Q4_1.gguf, smollm2-135m.json",
        "SmolLM2-135M-Instruct, smollm2-135m.json",
        "SmolLM2-135M-Instruct.Q4_1.gguf, ''"
    })
    void aPairInOneRowIsWhatSmolLm2HangsOn(String checkpoint, String ids) throws IOException {
        JsonNode report = detect(checkpoint, ids);
        String tensor = "model.layers.11.mlp.down_proj.weight";
        String first = tensor + "[507, 1229]";
        assertThat(texts(report.at("/sets/0/members"))).containsExactlyInAnyOrder(first, tensor + "[507, 1487]");
        assertThat(report.at("/sets/0/verdict").textValue()).isEqualTo(CRITICAL);
        assertThat(tenfold(report.get("sets")))
                .allSatisfy(set -> assertThat(texts(set.get("members"))).contains(first));
        assertThat(tenfold(report.get("superWeights")))
                .extracting(RealDetectionTest::name)
                .isSubsetOf(first);
        assertThat(report.at("/run/readings").intValue()).isBetween(1, 2);
    }

    @ParameterizedTest
    @CsvSource({"gemma-3-270m.json", "''"})
    void nothingInGemma3IsCriticalUnlessItsSignIsFlipped(String ids) throws IOException {
        JsonNode report = detect("gemma-3-270m.Q4_K_M.gguf", ids);
        assertThat(Stream.of("superWeights", "otherSpikes").flatMap(list -> elements(report.get(list)).stream()))
                .filteredOn(weight -> name(weight).equals("model.layers.0.mlp.down_proj.weight[400, 1405]"))
                .singleElement()
                .extracting(weight -> weight.get("flipVerdict").textValue())
                .isEqualTo(CRITICAL);
        assertThat(tenfold(report.get("superWeights"))).isEmpty();
        assertThat(tenfold(report.get("sets"))).isEmpty();
        assertThat(report.at("/run/readings").intValue()).isBetween(1, 2);
    }

    /** @param ids the file of references whose token ids the model is given; empty: a run with defaults */
    private JsonNode detect(String checkpoint, String ids) throws IOException {
        Path report = folder.resolve("report.json");
        List<String> arguments = new ArrayList<>(List.of("detect", "--quiet", "--report", report.toString()));
        if (!ids.isEmpty()) {
            arguments.addAll(
                    List.of("--precision", "fp32", "--token-ids", inputIds(ids).toString()));
        }
        arguments.add(RealModels.checkpoint(checkpoint).toString());
        CommandRun run = CommandRun.of(arguments.toArray(String[]::new));
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        JsonNode read = new JsonMapper().readTree(report.toFile());
        if (ids.isEmpty()) {
            for (String list : List.of("superWeights", "sets")) {
                assertThat(critical(read.get(list))).as(list).isEqualTo(tenfold(read.get(list)));
            }
        }
        return read;
    }

    private Path inputIds(String reference) throws IOException {
        JsonNode ids = new JsonMapper()
                .readTree(RealModels.reference(reference).toFile())
                .get("inputIds");
        return Files.writeString(folder.resolve("ids.json"), ids.toString());
    }

    /** As members of sets are named. */
    private static String name(JsonNode weight) {
        return "%s[%s, %s]".formatted(weight.get("tensor").textValue(), weight.get("row"), weight.get("column"));
    }

    /**
     * Whose removal makes the perplexity ten times as high or more. Without a text verdicts go by KL divergence, whose
     * thresholds are others; with one, that is what critical means.
     */
    private static List<JsonNode> tenfold(JsonNode all) {
        return elements(all).stream()
                .filter(one -> one.at("/effect/meanNllRise").isNull()
                        || one.at("/effect/meanNllRise").doubleValue() >= Math.log(10))
                .toList();
    }

    /** The same by verdict, for runs on text. */
    private static List<JsonNode> critical(JsonNode all) {
        return elements(all).stream()
                .filter(one -> one.get("verdict").asText().equals(CRITICAL))
                .toList();
    }

    private static List<String> texts(JsonNode array) {
        return elements(array).stream().map(JsonNode::textValue).toList();
    }

    private static List<JsonNode> elements(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).toList();
    }
}
