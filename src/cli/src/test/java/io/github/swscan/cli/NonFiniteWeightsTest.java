package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.swscan.fixture.DamagedWeights;
import io.github.swscan.fixture.Models;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A model that computes NaN is a finding, not a failure. */
class NonFiniteWeightsTest {

    private static final String UP = "model.layers.2.mlp.up_proj.weight";

    @TempDir
    private Path folder;

    private Path model;

    @BeforeEach
    void copy() {
        model = DamagedWeights.copy(Models.CRITICAL, folder.resolve("model"));
    }

    @Test
    void isReportedWithTheLayersBeforeIt() throws IOException {
        DamagedWeights.put(model, UP, 3 * 128 + 5, Float.NEGATIVE_INFINITY);
        DamagedWeights.put(model, UP, 4 * 128, Float.NaN);
        DamagedWeights.put(model, "model.norm.weight", 7, Float.NaN);

        CommandRun run = detect();

        String note = "From layer 2 on the model computes no finite numbers, for " + UP
                + " and 1 other tensor hold NaN or infinity; these layers are left out, and nothing could be proven.";
        assertThat(run.code()).isZero();
        assertThat(run.outUnbroken()).contains(note);
        assertThat(run.out())
                .contains("Weights that are no finite numbers\n")
                .containsPattern(UP + " +\\| +3 +\\| +5 +\\| -Infinity +\\| +2")
                .containsPattern("model.norm.weight +\\| +7 +\\| +\\| +NaN +\\| +1")
                .doesNotContain("No super weight", "Unedited", "null");
        JsonNode report = report();
        assertThat(report.at("/baseline").isNull()).isTrue();
        assertThat(report.at("/layers")).hasSize(2);
        assertThat(report.at("/layers/1/spike").booleanValue()).isTrue();
        assertThat(report.at("/superWeights")).isEmpty();
        assertThat(report.at("/notes/0").textValue()).isEqualTo(note);
        assertThat(report.at("/nonFinite")).hasSize(2);
        assertThat(report.at("/nonFinite/0/value").textValue()).isEqualTo("-Infinity");
        assertThat(report.at("/nonFinite/0/count").intValue()).isEqualTo(2);
        assertThat(report.at("/nonFinite/0/location/dtype").textValue()).isEqualTo("BF16");
        assertThat(report.at("/nonFinite/1/layer").isNull()).isTrue();
    }

    @Test
    void theLocationIsThatOfTheNumber() throws IOException {
        DamagedWeights.put(model, UP, 3 * 128 + 5, Float.NaN);

        detect("-q");

        long offset = report().at("/nonFinite/0/location/offset").longValue();
        try (RandomAccessFile file =
                new RandomAccessFile(model.resolve("model.safetensors").toFile(), "r")) {
            file.seek(offset);
            assertThat(Short.reverseBytes(file.readShort())).isEqualTo((short) 0x7fc0);
        }
    }

    @Test
    void isToldWhereItShowsInThePredictionsOnly() {
        DamagedWeights.put(model, "model.norm.weight", 7, Float.NaN);

        assertThat(detect().outUnbroken())
                .contains("The model's predictions are no finite numbers, for model.norm.weight holds NaN or infinity;"
                        + " nothing could be proven.");
    }

    @Test
    void overflowOfFiniteWeightsIsToldApart() throws IOException {
        for (int i = 0; i < 128; i++) {
            DamagedWeights.put(model, UP, i, 3e38f);
        }

        assertThat(detect().outUnbroken())
                .contains("From layer 2 on the model computes no finite numbers, though all its weights are finite: the"
                        + " computation overflows; these layers are left out, and nothing could be proven.")
                .doesNotContain("Weights that are no finite numbers");
        assertThat(report().at("/nonFinite")).isEmpty();
        assertThat(report().at("/baseline").isNull()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"critical", "high", "moderate"})
    void violatesAnyPolicy(String verdict) {
        DamagedWeights.put(model, "model.layers.0.self_attn.q_proj.weight", 0, Float.NaN);

        CommandRun run = detect("-q", "--fail-on", verdict);

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err())
                .startsWith("swscan: " + model + ": policy violated: ")
                .contains(": numbers that are not finite in the computation");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--top=1", "--weight=1:57:123"})
    void nothingCanBeAblatedInSuchAModel(String option) {
        DamagedWeights.put(model, "model.layers.0.self_attn.q_proj.weight", 0, Float.NaN);

        CommandRun run = CommandRun.of("ablate", model.toString(), "-q", option, "--report", folder + "/ablation.json");

        run.assertFailed(3, model + ": the model computes numbers that are not finite; see what 'swscan detect' says");
    }

    private CommandRun detect(String... options) {
        List<String> arguments = new ArrayList<>(List.of(
                "detect",
                model.toString(),
                "--report",
                folder.resolve("report.json").toString()));
        arguments.addAll(List.of(options));
        return CommandRun.of(arguments.toArray(String[]::new));
    }

    private JsonNode report() throws IOException {
        return new ObjectMapper().readTree(folder.resolve("report.json").toFile());
    }
}
