package io.github.swscan.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.fixture.Architectures;
import io.github.swscan.fixture.SafetensorsWriter;
import io.github.swscan.fixture.SafetensorsWriter.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelSizeTest {

    @TempDir
    private Path folder;

    private ModelSize size(Predicate<String> inHalfPrecision) {
        Architecture architecture = Architectures.small("llama", "");
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        Parameters.of(architecture).forEach((name, shape) -> {
            DType dtype = inHalfPrecision.test(name) ? DType.F16 : DType.F32;
            long elements = shape.stream().reduce(1L, (a, b) -> a * b);
            tensors.put(name, new Tensor(dtype, shape, new byte[Math.toIntExact(elements * dtype.bytes())]));
        });
        SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors);
        return ModelSize.of(architecture, Checkpoint.open(CheckpointLocation.find(folder)));
    }

    @Test
    void aModelIsNamedByTheTypeOfMostOfItsNumbers() {
        assertThat(size(name -> true))
                .extracting(ModelSize::type, ModelSize::mixed)
                .containsExactly("F16", false);
        assertThat(size(name -> name.contains("embed_tokens")))
                .extracting(ModelSize::type, ModelSize::mixed)
                .containsExactly("F32", true);
    }

    /** They take next to nothing. */
    @Test
    void normsOfAnotherTypeMakeNoMixture() {
        assertThat(size(name -> !name.contains("norm")))
                .extracting(ModelSize::type, ModelSize::mixed)
                .containsExactly("F16", false);
    }
}
