package io.github.swscan.architecture.family;

import static io.github.swscan.fixture.Architectures.options;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Linear;
import io.github.swscan.architecture.Linear.Layout;
import io.github.swscan.architecture.Mlp;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.fixture.Architectures;
import io.github.swscan.fixture.SafetensorsWriter;
import io.github.swscan.fixture.SafetensorsWriter.Tensor;
import io.github.swscan.input.UnsupportedInputException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StackedExpertsTest {

    private static final String UP = "backbone.layers.0.mixer.experts.up_proj";
    private static final String DOWN = "backbone.layers.0.mixer.experts.down_proj";

    @TempDir
    private Path folder;

    /** Two experts without a gate, over 4 channels. */
    private Architecture oriented(int intermediate, List<Long> up, List<Long> down) {
        Path file =
                SafetensorsWriter.write(folder.resolve("model.safetensors"), Map.of(UP, zeros(up), DOWN, zeros(down)));
        Checkpoint checkpoint = Checkpoint.open(CheckpointLocation.find(file));
        Config config = new Config(Architectures.CONFIG, options("""
                        {'model_type': 'nemotron_h', 'vocab_size': 7, 'hidden_size': 4, 'layers_block_type': ['moe'],
                         'n_routed_experts': 2, 'moe_intermediate_size': %d, 'moe_shared_expert_intermediate_size': 2}
                        """.formatted(intermediate)));
        return StackedExperts.oriented(
                Families.describe(config, checkpoint.tensors().keySet()), checkpoint);
    }

    private static Tensor zeros(List<Long> shape) {
        return Tensor.float32(
                shape, new float[(int) shape.stream().mapToLong(size -> size).reduce(1, (a, b) -> a * b)]);
    }

    @ParameterizedTest
    @CsvSource({"3, 4, OUTPUT_BY_INPUT", "4, 3, INPUT_BY_OUTPUT"})
    void shapesTellWhichWayRoundMatricesLie(long first, long second, Layout layout) {
        Architecture model = oriented(3, List.of(2L, first, second), List.of(2L, second, first));

        List<Mlp> experts = model.blocks()
                .get(0)
                .feedForward()
                .mlps()
                .filter(mlp -> mlp.expert().isPresent())
                .toList();
        assertThat(experts).hasSize(2);
        assertThat(experts.stream().flatMap(Mlp::linears).map(Linear::layout)).containsOnly(layout);
    }

    @Test
    void squareMatricesTellNothing() {
        assertThatExceptionOfType(UnsupportedInputException.class)
                .isThrownBy(() -> oriented(4, List.of(2L, 4L, 4L), List.of(2L, 4L, 4L)))
                .withMessageContaining("has shape [2, 4, 4], which does not tell inputs from outputs");
    }
}
