package io.github.swscan.architecture.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.architecture.Architecture;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.checkpoint.gguf.GgufMetadata;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.fixture.GgufWriter;
import io.github.swscan.fixture.TestResources;
import io.github.swscan.input.UnsupportedInputException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What metadata of programs besides llama.cpp's own converter says of a model. */
class GgufKeysTest {

    private static final Path GEMMA = TestResources.at("gguf/gemma3_text.gguf");

    @TempDir
    private Path folder;

    private static Map<String, Object> metadata() {
        try (Checkpoint checkpoint = Checkpoint.open(CheckpointLocation.find(GEMMA))) {
            GgufMetadata metadata = checkpoint.metadata().orElseThrow();
            Map<String, Object> values = new LinkedHashMap<>();
            metadata.keys().stream()
                    .filter(key -> !key.startsWith("tokenizer."))
                    .forEach(key -> values.put(key, metadata.value(key).orElseThrow()));
            return values;
        }
    }

    /** The same tensors under other metadata: what config.json would say of them. */
    private JsonNode options(Map<String, Object> metadata) {
        return options(metadata, Optional.empty());
    }

    private JsonNode options(Map<String, Object> metadata, Optional<String> further) {
        GgufWriter writer = new GgufWriter();
        metadata.forEach((key, value) -> {
            if (value instanceof Long number) {
                writer.key(key, GgufWriter.UINT32, GgufWriter.int32(number.intValue()));
            } else if (value instanceof Double number) {
                writer.key(key, number.floatValue());
            } else if (value instanceof List<?> list) {
                writer.list(key, list);
            } else {
                writer.key(key, value);
            }
        });
        try (Checkpoint stored = Checkpoint.open(CheckpointLocation.find(GEMMA))) {
            for (TensorInfo tensor : stored.tensors().values()) {
                ByteBuffer bytes = ByteBuffer.allocate((int) tensor.elements() * Float.BYTES)
                        .order(ByteOrder.LITTLE_ENDIAN);
                bytes.asFloatBuffer().put(stored.floats(tensor, 0, (int) tensor.elements(), 1));
                writer.tensor(tensor.name(), GgufWriter.F32, tensor.shape(), bytes.array());
            }
        }
        further.ifPresent(name -> writer.zeros(name, 4L));
        try (Checkpoint checkpoint =
                Checkpoint.open(CheckpointLocation.find(writer.write(folder.resolve("model.gguf"))))) {
            return GgufModel.of(checkpoint).orElseThrow().config().options();
        }
    }

    @Test
    void ollamasKeysForGemma3SayTheSame() {
        Map<String, Object> keys = metadata();
        JsonNode expected = options(keys);
        keys.put("gemma3.rope.global.freq_base", keys.remove("gemma3.rope.freq_base"));
        keys.put("gemma3.rope.local.freq_base", 10000.0);
        keys.put("gemma3.mm.tokens_per_image", 256L);
        keys.put("gemma3.vision.block_count", 27L);
        keys.put("gemma3.vision.attention.layer_norm_epsilon", 1e-6);

        assertThat(options(keys)).isEqualTo(expected);
    }

    /** Its files of models that see leave out what llama.cpp's converter always writes. */
    @Test
    void whatOllamaLeavesOutForGemma3IsTheFamilysOwn() {
        Map<String, Object> keys = metadata();
        keys.remove("gemma3.attention.sliding_window_pattern");
        keys.remove("gemma3.attention.layer_norm_rms_epsilon");
        keys.remove("gemma3.rope.freq_base");
        keys.put("gemma3.final_logit_softcapping", 30.0);

        JsonNode options = options(keys);

        assertThat(options.path("rms_norm_eps").doubleValue()).isEqualTo(1e-6);
        assertThat(options.path("rope_theta").doubleValue()).isEqualTo(1e6);
        assertThat(options.path("rope_local_base_freq").doubleValue()).isEqualTo(1e4);
        assertThat(options.has("final_logit_softcapping")).isFalse();
        assertThat(options.has("rope_scaling")).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"34, 8", "48, 8", "62, 8"})
    void largeGemma3ModelsOfOllamaAreScaledAsTheOriginals(long layers, double factor) {
        Map<String, Object> keys = metadata();
        keys.remove("gemma3.attention.sliding_window_pattern");
        keys.put("gemma3.block_count", layers);

        ObjectNode scaling = (ObjectNode) options(keys).path("rope_scaling");

        assertThat(scaling.path("rope_type").textValue()).isEqualTo("linear");
        assertThat(scaling.path("factor").doubleValue()).isEqualTo(factor);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gemma3.expert_count", "gemma3.attention.clamp_kqv"})
    void whatIsSaidToBeNothingIsPassedOver(String key) {
        Map<String, Object> keys = metadata();
        JsonNode expected = options(keys);
        keys.put(key, 0L);
        keys.put("gemma3.attention.causal", true);
        keys.put("gemma3.pooling_type", 1L);

        assertThat(options(keys)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"gemma3.attention.clamp_kqv, 8.0", "gemma3.residual_scale, 0.5", "gemma3.altup.active_idx, 1"})
    void whatWouldChangeTheComputationIsRefusedByName(String key, double value) {
        Map<String, Object> keys = metadata();
        keys.put(key, value);

        assertThatExceptionOfType(UnsupportedInputException.class)
                .isThrownBy(() -> options(keys))
                .withMessageContaining(key + ": is not supported for the architecture \"gemma3\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "blk.1.attn_output.bias",
                "blk.0.attn_sinks.weight",
                "output.bias",
                "output_norm.bias",
                "token_embd_norm.weight"
            })
    void tensorsThatWouldBeComputedWithAreRefusedByName(String name) {
        try (Checkpoint checkpoint = withTensor(name)) {
            TranslatedModel model = GgufModel.of(checkpoint).orElseThrow();
            Architecture architecture = model.describe(Optional.empty());

            assertThatExceptionOfType(UnsupportedInputException.class)
                    .isThrownBy(() -> GgufModel.refuseUnread(architecture, model.checkpoint()))
                    .withMessageContaining(name + ": is not supported for the family gemma3_text");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"blk.3.ffn_up.weight", "v.blk.0.ffn_up.weight", "mm.input_projection.weight"})
    void tensorsBesideTheModelArePassedOver(String name) {
        try (Checkpoint checkpoint = withTensor(name)) {
            TranslatedModel model = GgufModel.of(checkpoint).orElseThrow();

            GgufModel.refuseUnread(model.describe(Optional.empty()), model.checkpoint());
        }
    }

    private Checkpoint withTensor(String name) {
        options(metadata(), Optional.of(name));
        return Checkpoint.open(CheckpointLocation.find(folder.resolve("model.gguf")));
    }

    @Test
    void tokensThatSeeThoseAfterThemAreRefused() {
        Map<String, Object> keys = metadata();
        keys.put("gemma3.attention.causal", false);

        assertThatExceptionOfType(UnsupportedInputException.class)
                .isThrownBy(() -> options(keys))
                .withMessageContaining("gemma3.attention.causal: is not supported");
    }
}
