package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.fixture.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InspectTest {

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource(delimiter = ',', quoteCharacter = '"', textBlock = """
            llama-f32,      llama, F32,  model.safetensors,                model.layers.*.mlp.down_proj.weight, "[32, 48]", "[output, input]"
            llama-sharded3, llama, BF16, model-00003-of-00003.safetensors, model.layers.*.mlp.down_proj.weight, "[32, 72]", "[output, input]"
            gpt2,           gpt2,  F32,  model.safetensors,                transformer.h.*.mlp.c_proj.weight,   "[64, 32]", "[input, output]"
            gpt2-noprefix,  gpt2,  BF16, model.safetensors,                h.*.mlp.c_proj.weight,               "[72, 32]", "[input, output]"
            """)
    void tellsWhatTheCheckpointIs(
            String name, String family, String type, String file, String tensor, String shape, String layout) {
        Path model = Models.reference(name);

        CommandRun run = CommandRun.of("inspect", model.toString());

        assertThat(run.code()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(run.out())
                .contains("model       " + model + "\n")
                .contains("family      " + family + "\n")
                .contains("layers      3\n")
                .contains("types       " + type + " (")
                .contains("tokenizer   none (no files of a tokenizer)\n")
                .contains(" " + file + " ")
                .contains("tensors: " + tensor + "\n")
                .contains(" " + shape + " ")
                .contains(" " + layout + " ");
    }

    @Test
    void severalAreShownOneAfterTheOther() {
        CommandRun run = CommandRun.of(
                "inspect",
                Models.CRITICAL.toString(),
                "no-such-model",
                Models.reference("gpt2").toString());

        assertThat(run.code()).isEqualTo(3);
        assertThat(run.out()).containsSubsequence("family      llama", "family      gpt2");
        assertThat(run.err()).isEqualTo("swscan: no-such-model: does not exist; check the path\n");
    }

    @Test
    void layersThatTheConfigLeavesOutAreTold() throws IOException {
        Path model = Models.copy(Models.reference("llama-f32"), folder.resolve("model"));
        Path config = model.resolve("config.json");
        Files.writeString(
                config, Files.readString(config).replaceAll("\"num_hidden_layers\": *3", "\"num_hidden_layers\": 2"));

        CommandRun run = CommandRun.of("inspect", model.toString());

        assertThat(run.outUnbroken())
                .contains(
                        "layers      2",
                        "The files hold more layers or experts than the model is described to have: 9 tensors, such as "
                                + "model.layers.2.input_layernorm.weight, were left out.");
        assertThat(CommandRun.of("inspect", Models.reference("llama-f32").toString())
                        .out())
                .doesNotContain("left out");
    }

    @Test
    void matricesOfExpertsThatMultiplyNothingAreTold() {
        CommandRun run =
                CommandRun.of("inspect", Models.reference("longcat_flash").toString());

        assertThat(run.outUnbroken())
                .contains("The files hold matrices of experts that give back what they read: 8 tensors, such as "
                        + "model.layers.0.mlp.experts.4.gate_proj.weight, which nothing is multiplied with.")
                .doesNotContain("more layers or experts");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "nemotron_h | layers 0, 2 to 3 have no MLP, and so no down projection",
                "zamba2     | layers 0, 2 have no MLP, and so no down projection"
            })
    void layersWithoutADownProjectionAreTold(String name, String line) {
        assertThat(CommandRun.of("inspect", Models.reference(name).toString()).out())
                .contains(line);
        assertThat(CommandRun.of("inspect", Models.reference("llama-f32").toString())
                        .out())
                .doesNotContain("no MLP");
    }

    @Test
    void quietOnlyChecks() {
        assertThat(CommandRun.of("inspect", Models.CRITICAL.toString(), "-q")).isEqualTo(new CommandRun(0, "", ""));
    }

    /** The engine's libraries would be unpacked into the cache and take seconds to start. */
    @Test
    void startsNoEngineAndWritesNothing() throws IOException, InterruptedException {
        Path cache = Files.createDirectory(folder.resolve("cache"));
        Path working = Files.createDirectory(folder.resolve("working"));
        ProcessBuilder builder = ChildJvm.builder(
                working,
                ChildJvm.command(
                        List.of("-verbose:class", "-Duser.home=" + cache),
                        "inspect",
                        Models.CRITICAL.toAbsolutePath().toString()));
        builder.environment().put("DJL_CACHE_DIR", cache.toString());

        CommandRun run = ChildJvm.finish(builder.start());

        assertThat(run.code()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("family      llama").doesNotContain(" ai.djl.");
        assertThat(cache).isEmptyDirectory();
        assertThat(working).isEmptyDirectory();
    }
}
