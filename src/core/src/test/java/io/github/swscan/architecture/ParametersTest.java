package io.github.swscan.architecture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.swscan.architecture.family.FamiliesTest;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.fixture.Architectures;
import io.github.swscan.fixture.SafetensorsWriter;
import io.github.swscan.fixture.SafetensorsWriter.Tensor;
import io.github.swscan.input.InputException;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.UnsupportedInputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ParametersTest {

    @TempDir
    private Path folder;

    private static Tensor zeros(DType dtype, List<Long> shape) {
        long elements = shape.stream().reduce(1L, (a, b) -> a * b);
        return new Tensor(dtype, shape, new byte[Math.toIntExact(elements * dtype.bytes())]);
    }

    private static Map<String, Tensor> tensors(Architecture architecture) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        Parameters.of(architecture).forEach((name, shape) -> tensors.put(name, zeros(DType.F32, shape)));
        return tensors;
    }

    private Checkpoint checkpoint(Map<String, Tensor> tensors) {
        SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors);
        return Checkpoint.open(CheckpointLocation.find(folder));
    }

    private InputException refusal(Architecture architecture, Map<String, Tensor> tensors) {
        Checkpoint checkpoint = checkpoint(tensors);
        InputException refusal = catchThrowableOfType(
                InputException.class, () -> Parameters.check(architecture, checkpoint, folder, Architectures.CONFIG));
        assertThat(refusal).isNotNull();
        assertThat(refusal.getMessage()).doesNotContain("\n");
        return refusal;
    }

    static Stream<Architecture> models() {
        return FamiliesTest.families().stream()
                .flatMap(family -> Stream.of(
                        Architectures.small(family, ""),
                        Architectures.small(family, "'tie_word_embeddings': true"),
                        Architectures.small(family, "'tie_word_embeddings': false, 'attention_bias': true")));
    }

    @ParameterizedTest
    @MethodSource("models")
    void checkpointWithAllTensorsFits(Architecture model) {
        Map<String, Tensor> tensors = tensors(model);
        tensors.put("model.layers.0.self_attn.rotary_emb.inv_freq", zeros(DType.F32, List.of(4L)));
        Checkpoint checkpoint = checkpoint(tensors);

        assertThatCode(() -> Parameters.check(model, checkpoint, folder, Architectures.CONFIG))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @MethodSource("models")
    void missingTensorIsNamed(Architecture model) {
        for (String missing : List.copyOf(Parameters.of(model).keySet())) {
            Map<String, Tensor> tensors = tensors(model);
            tensors.remove(missing);

            InputException refusal = refusal(model, tensors);

            assertThat(refusal).isInstanceOf(MalformedInputException.class);
            assertThat(refusal.file()).isEqualTo(folder);
            assertThat(refusal.field()).isEqualTo(missing);
            assertThat(refusal.problem()).contains("is missing", model.family(), "3 layers");
        }
    }

    @ParameterizedTest
    @CsvSource({
        ".base_layer.weight, is still in the layer that an adapter of peft wraps, merge_and_unload",
        ".weight_orig, 'is still in two parts, as torch.nn.utils.prune keeps what it prunes', prune.remove"
    })
    void whatAWrapperMadeOfAWeightIsTold(String ending, String problem, String remedy) {
        Architecture model = Architectures.small("llama", "");
        Map<String, Tensor> tensors = tensors(model);
        String layer = "model.layers.1.self_attn.q_proj";
        tensors.put(layer + ending, tensors.remove(layer + ".weight"));

        InputException refusal = refusal(model, tensors);

        assertThat(refusal).isInstanceOf(UnsupportedInputException.class);
        assertThat(refusal.field()).isEqualTo(layer + ".weight");
        assertThat(refusal.problem()).isEqualTo(problem);
        assertThat(refusal.getMessage()).contains(remedy);
    }

    @Test
    void twoModelsInOneFileAreToldByTheirPrefixes() {
        Architecture model = Architectures.small("llama", "");
        Map<String, Tensor> both = new LinkedHashMap<>();
        tensors(model).forEach((name, tensor) -> {
            both.put("policy." + name, tensor);
            both.put("reference." + name, tensor);
        });

        InputException refusal = refusal(model, both);

        assertThat(refusal).isInstanceOf(UnsupportedInputException.class);
        assertThat(refusal.problem()).contains("several models", "\"policy.\", \"reference.\"");
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void tensorOfAnotherShapeIsNamed(String family, String tensor, List<Long> shape, List<Long> wanted) {
        Architecture model = Architectures.small(family, "");
        Map<String, Tensor> tensors = tensors(model);
        tensors.put(tensor, zeros(DType.F32, shape));

        InputException refusal = refusal(model, tensors);

        assertThat(refusal).isInstanceOf(MalformedInputException.class);
        assertThat(refusal.file()).isEqualTo(folder.resolve("model.safetensors"));
        assertThat(refusal.field()).isEqualTo(tensor);
        assertThat(refusal.problem()).isEqualTo("has shape " + shape + " where config.json asks for " + wanted);
    }

    static Stream<Arguments> shapes() {
        String down = "model.layers.1.mlp.down_proj.weight";
        String convolution = "transformer.h.1.mlp.c_proj.weight";
        return Stream.of(
                Arguments.of("llama", down, List.of(48L, 32L), List.of(32L, 48L)),
                Arguments.of("llama", down, List.of(32L, 47L), List.of(32L, 48L)),
                Arguments.of("llama", down, List.of(1536L), List.of(32L, 48L)),
                Arguments.of("llama", down, List.of(1L, 32L, 48L), List.of(32L, 48L)),
                Arguments.of("llama", down, List.of(), List.of(32L, 48L)),
                Arguments.of("llama", down, List.of(0L, 48L), List.of(32L, 48L)),
                Arguments.of("gpt2", convolution, List.of(32L, 48L), List.of(48L, 32L)),
                Arguments.of("gpt2", "transformer.wpe.weight", List.of(63L, 32L), List.of(64L, 32L)),
                Arguments.of("mistral", "model.embed_tokens.weight", List.of(96L, 32L), List.of(97L, 32L)),
                Arguments.of("qwen3", "model.layers.2.self_attn.q_norm.weight", List.of(32L), List.of(8L)),
                Arguments.of("qwen2", "model.layers.0.self_attn.k_proj.bias", List.of(32L), List.of(16L)),
                Arguments.of("llama", "model.norm.weight", List.of(32L, 1L), List.of(32L)));
    }

    static Stream<DType> types() {
        return Stream.of(DType.values()).filter(dtype -> !dtype.isInBlocks());
    }

    @ParameterizedTest
    @MethodSource("types")
    void typeIsSupportedWhereItIsComputable(DType dtype) {
        Architecture model = Architectures.small("llama", "");
        String tensor = "model.layers.2.mlp.up_proj.weight";
        Map<String, Tensor> tensors = tensors(model);
        tensors.put(tensor, zeros(dtype, List.of(48L, 32L)));

        if (dtype.isComputable()) {
            Checkpoint checkpoint = checkpoint(tensors);
            assertThatCode(() -> Parameters.check(model, checkpoint, folder, Architectures.CONFIG))
                    .doesNotThrowAnyException();
        } else {
            InputException refusal = refusal(model, tensors);

            assertThat(refusal).isInstanceOf(UnsupportedInputException.class);
            assertThat(refusal.file()).isEqualTo(folder.resolve("model.safetensors"));
            assertThat(refusal.field()).isEqualTo(tensor);
            assertThat(refusal.problem()).contains(dtype.name());
        }
    }

    @Test
    void tensorsAreListedInTheOrderInWhichTheyAreRead() {
        List<String> names =
                new ArrayList<>(Parameters.of(Architectures.small("llama", "")).keySet());

        assertThat(names).startsWith("model.embed_tokens.weight").endsWith("model.norm.weight", "lm_head.weight");
        assertThat(names.indexOf("model.layers.0.mlp.down_proj.weight"))
                .isLessThan(names.indexOf("model.layers.1.self_attn.q_proj.weight"));
    }

    @Test
    void elementsLieAsTheLayoutSays() {
        Linear rows = Architectures.mlp(
                        Architectures.small("llama", "").blocks().get(0))
                .down();
        Linear columns = Architectures.mlp(
                        Architectures.small("gpt2", "").blocks().get(0))
                .down();

        assertThat(rows.elementIndex(3, 5)).isEqualTo(3 * 48 + 5);
        assertThat(columns.elementIndex(3, 5)).isEqualTo(5 * 32 + 3);
    }
}
