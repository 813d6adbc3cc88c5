package io.github.swscan.architecture.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.checkpoint.blocks.QuantizedBlocks;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.fixture.GgufWriter;
import io.github.swscan.input.InputException;
import io.github.swscan.input.MalformedInputException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Factors beside NVFP4 matrices, as llama.cpp's converter writes them for models that ModelOpt quantized. */
class GgufFactorsTest {

    private static final int NVFP4 = 40;
    private static final int F16 = 1;
    private static final int EXPERTS = 2;

    @TempDir
    private Path folder;

    private final GgufWriter file = new GgufWriter()
            .key("general.architecture", "llama")
            .key("llama.block_count", 1)
            .key("llama.context_length", 64)
            .key("llama.embedding_length", 64)
            .key("llama.feed_forward_length", 128)
            .key("llama.attention.head_count", 4)
            .key("llama.attention.layer_norm_rms_epsilon", 1e-5f);

    private float[] matrix(String name, Long... shape) {
        int elements = 1;
        for (long dimension : shape) {
            elements *= (int) dimension;
        }
        byte[] bytes = new byte[(int) DType.NVFP4.bytes(elements)];
        new Random(name.hashCode()).nextBytes(bytes);
        file.tensor(name, NVFP4, List.of(shape), bytes);
        float[] numbers = new float[elements];
        QuantizedBlocks.decode(DType.NVFP4, bytes, numbers);
        return numbers;
    }

    private void factors(String name, float... factors) {
        ByteBuffer bytes = ByteBuffer.allocate(factors.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(factors);
        file.tensor(name, GgufWriter.F32, List.of((long) factors.length), bytes.array());
    }

    private TranslatedModel model() {
        Checkpoint stored = Checkpoint.open(CheckpointLocation.find(file.write(folder.resolve("model.gguf"))));
        return GgufModel.of(stored).orElseThrow();
    }

    private static void refuseUnread(TranslatedModel model) {
        GgufModel.refuseUnread(model.describe(Optional.empty()), model.checkpoint());
    }

    private static float[] times(float[] numbers, int first, int count, float factor) {
        float[] products = new float[count];
        for (int i = 0; i < count; i++) {
            products[i] = numbers[first + i] * factor;
        }
        return products;
    }

    @Test
    void matricesAreMultipliedWithTheirFactors() {
        file.zeros("token_embd.weight", 97L, 64L);
        float[] stored = matrix("blk.0.ffn_down.weight", 64L, 128L);
        factors("blk.0.ffn_down.scale", 0.3f);
        factors("blk.0.ffn_down.input_scale", 0.7f);
        float[] plain = matrix("blk.0.ffn_up.weight", 128L, 64L);

        TranslatedModel model = model();

        refuseUnread(model);
        try (Checkpoint checkpoint = model.checkpoint()) {
            TensorInfo down =
                    checkpoint.find("model.layers.0.mlp.down_proj.weight").orElseThrow();
            assertThat(checkpoint.floats(down, 0, 64 * 128, 1)).isEqualTo(times(stored, 0, 64 * 128, 0.3f));
            assertThat(checkpoint.floats(down, 129, 3, 1)).isEqualTo(times(stored, 129, 3, 0.3f));
            TensorInfo up = checkpoint.find("model.layers.0.mlp.up_proj.weight").orElseThrow();
            assertThat(checkpoint.floats(up, 0, 128 * 64, 1)).isEqualTo(plain);
        }
    }

    @Test
    void eachExpertHasItsOwn() {
        file.key("llama.expert_count", EXPERTS).key("llama.expert_used_count", 1);
        file.zeros("token_embd.weight", 97L, 64L);
        float[] stored = matrix("blk.0.ffn_down_exps.weight", (long) EXPERTS, 64L, 128L);
        factors("blk.0.ffn_down_exps.scale", 0.3f, 3);
        factors("blk.0.ffn_down_exps.input_scale", 0.7f, 7);

        TranslatedModel model = model();

        refuseUnread(model);
        try (Checkpoint checkpoint = model.checkpoint()) {
            for (int expert = 0; expert < EXPERTS; expert++) {
                TensorInfo down = checkpoint
                        .find("model.layers.0.block_sparse_moe.experts.%d.w2.weight".formatted(expert))
                        .orElseThrow();
                assertThat(checkpoint.floats(down, 0, 64 * 128, 1))
                        .isEqualTo(times(stored, expert * 64 * 128, 64 * 128, expert == 0 ? 0.3f : 3));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
    void factorsThatAreNotFiniteAreRefused(float factor) {
        file.zeros("token_embd.weight", 97L, 64L);
        matrix("blk.0.ffn_down.weight", 64L, 128L);
        factors("blk.0.ffn_down.scale", factor);
        try (Checkpoint checkpoint = model().checkpoint()) {
            TensorInfo down =
                    checkpoint.find("model.layers.0.mlp.down_proj.weight").orElseThrow();

            assertThatExceptionOfType(MalformedInputException.class)
                    .isThrownBy(() -> checkpoint.floats(down, 0, 1, 1))
                    .withMessageContaining("down_proj.scale: holds the scale " + factor);
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 2, 'has shape [2] and type F32'", "1, 1, 'has shape [1] and type F16'"})
    void whatIsNoFactorIsRefused(int format, long length, String problem) {
        file.zeros("token_embd.weight", 97L, 64L);
        matrix("blk.0.ffn_down.weight", 64L, 128L);
        file.tensor("blk.0.ffn_down.scale", format, List.of(length), new byte[(int) length * (format == F16 ? 2 : 4)]);

        assertThatExceptionOfType(MalformedInputException.class)
                .isThrownBy(this::model)
                .withMessageContaining(problem + " where a factor in F32 is needed");
    }

    @Test
    void factorsOfOtherNumbersOfExpertsAreRefused() {
        file.key("llama.expert_count", EXPERTS).key("llama.expert_used_count", 1);
        file.zeros("token_embd.weight", 97L, 64L);
        matrix("blk.0.ffn_down_exps.weight", (long) EXPERTS, 64L, 128L);
        factors("blk.0.ffn_down_exps.scale", 1, 2, 3);

        assertThatExceptionOfType(MalformedInputException.class)
                .isThrownBy(this::model)
                .withMessageContaining("blk.0.ffn_down_exps.scale: has shape [3]");
    }

    /** llama.cpp has no factors for them. */
    @ParameterizedTest
    @ValueSource(strings = {"blk.0.ffn_gate", "token_embd", "output", "blk.0.attn_norm"})
    void factorsOfOtherTensorsAreRefusedByName(String tensor) {
        matrix("token_embd.weight", 97L, 64L);
        file.zeros("blk.0.ffn_gate.weight", 128L, 64L);
        file.zeros("blk.0.attn_norm.weight", 64L);
        factors(tensor + ".scale", 2);
        TranslatedModel model = model();

        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> refuseUnread(model))
                .withMessageContaining(tensor + ".scale: is not supported for the family llama");
        model.checkpoint().close();
    }
}
