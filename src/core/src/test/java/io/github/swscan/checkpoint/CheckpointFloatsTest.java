package io.github.swscan.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.fixture.SafetensorsWriter;
import io.github.swscan.fixture.SafetensorsWriter.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Single elements of tensors of shape [3, 4] that hold 0, 0.5, 1, ... in stored order. */
class CheckpointFloatsTest {

    @TempDir
    private static Path folder;

    private static Checkpoint checkpoint;

    @BeforeAll
    static void write() {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        // Puts what follows at addresses that are not multiples of the element size.
        tensors.put("odd", new Tensor(DType.U8, List.of(1L), new byte[1]));
        for (DType dtype : plain()) {
            ByteBuffer data = ByteBuffer.allocate(12 * dtype.bytes()).order(ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; i < 12; i++) {
                put(dtype, data, i * dtype.bytes(), i / 2f);
            }
            tensors.put(dtype.name(), new Tensor(dtype, List.of(3L, 4L), data.array()));
        }
        tensors.put("empty", new Tensor(DType.F32, List.of(0L, 4L), new byte[0]));
        SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors);
        checkpoint = Checkpoint.open(CheckpointLocation.find(folder));
    }

    static List<DType> plain() {
        return Stream.of(DType.values()).filter(dtype -> !dtype.isInBlocks()).toList();
    }

    private static void put(DType dtype, ByteBuffer data, int index, float value) {
        switch (dtype) {
            case F64 -> data.putDouble(index, value);
            case F32 -> data.putFloat(index, value);
            case BF16 -> data.putShort(index, (short) (Float.floatToRawIntBits(value) >>> 16));
            case F16 -> data.putShort(index, half(value));
            case F8_E5M2 -> data.put(index, (byte) (half(value) >> 8));
            case F8_E4M3 -> data.put(index, (byte) (half(value / 256) >> 7));
            default -> {}
        }
    }

    /** For the small multiples of a half that are used here. */
    private static short half(float value) {
        if (value == 0) {
            return 0;
        }
        int exponent = Math.getExponent(value);
        int fraction = Math.round((value / Math.scalb(1f, exponent) - 1) * 1024);
        return (short) ((exponent + 15) << 10 | fraction);
    }

    private static TensorInfo tensor(DType dtype) {
        return checkpoint.find(dtype.name()).orElseThrow();
    }

    @ParameterizedTest
    @MethodSource("parts")
    void elementsAreReadInStoredOrder(DType dtype, long first, int count, long stride, List<Float> expected) {
        assertThat(checkpoint.floats(tensor(dtype), first, count, stride))
                .containsExactly(expected.toArray(Float[]::new));
    }

    static Stream<Arguments> parts() {
        return Stream.of(DType.F64, DType.F32, DType.F16, DType.BF16, DType.F8_E4M3)
                .flatMap(dtype -> Stream.of(
                        Arguments.of(
                                dtype, 0, 12, 1, List.of(0f, .5f, 1f, 1.5f, 2f, 2.5f, 3f, 3.5f, 4f, 4.5f, 5f, 5.5f)),
                        Arguments.of(dtype, 4, 4, 1, List.of(2f, 2.5f, 3f, 3.5f)),
                        Arguments.of(dtype, 1, 3, 4, List.of(.5f, 2.5f, 4.5f)),
                        Arguments.of(dtype, 3, 3, 4, List.of(1.5f, 3.5f, 5.5f)),
                        Arguments.of(dtype, 0, 2, 11, List.of(0f, 5.5f)),
                        Arguments.of(dtype, 11, 1, 1, List.of(5.5f)),
                        Arguments.of(dtype, 11, 1, 1000, List.of(5.5f)),
                        Arguments.of(dtype, 5, 3, 0, List.of(2.5f, 2.5f, 2.5f)),
                        Arguments.of(dtype, 12, 0, 1, List.of())));
    }

    @ParameterizedTest
    @CsvSource({
        "-1, 1, 1",
        "12, 1, 1",
        "0, 13, 1",
        "1, 12, 1",
        "0, 4, 4",
        "4, 3, 4",
        "0, 2, 12",
        "0, -1, 1",
        "13, 0, 1",
        "0, 2147483647, 1"
    })
    void elementsOutsideTheTensorAreRefused(long first, int count, long stride) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> checkpoint.floats(tensor(DType.F32), first, count, stride));
    }

    @ParameterizedTest
    @MethodSource("plain")
    void onlyComputableTypesAreRead(DType dtype) {
        if (dtype.isComputable()) {
            assertThat(checkpoint.floats(tensor(dtype), 2, 1, 1)).containsExactly(1f);
        } else {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> checkpoint.floats(tensor(dtype), 2, 1, 1))
                    .withMessageContaining(dtype.name());
        }
    }

    @Test
    void emptyTensorHasNoElements() {
        TensorInfo empty = checkpoint.find("empty").orElseThrow();

        assertThat(checkpoint.floats(empty, 0, 0, 1)).isEmpty();
        assertThatIllegalArgumentException().isThrownBy(() -> checkpoint.floats(empty, 0, 1, 1));
    }
}
