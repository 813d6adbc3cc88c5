package io.github.swscan.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.fixture.SafetensorsWriter;
import io.github.swscan.fixture.SafetensorsWriter.Tensor;
import io.github.swscan.fixture.StoredBytes;
import io.github.swscan.fixture.TorchFile;
import io.github.swscan.input.InputException;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.UnsupportedInputException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class WeightScalesTest {

    /** The number 1 in E4M3. */
    private static final byte ONE = 0x38;

    private static final String WEIGHT = "layers.0.fc.weight";

    @TempDir
    private Path folder;

    private final Map<String, Tensor> tensors = new LinkedHashMap<>();

    private void ones(Long... shape) {
        byte[] ones =
                new byte[(int) Stream.of(shape).mapToLong(length -> length).reduce(1, (a, b) -> a * b)];
        Arrays.fill(ones, ONE);
        tensors.put(WEIGHT, new Tensor(DType.F8_E4M3, List.of(shape), ones));
    }

    /** Numbers them from 1 on. */
    private void scales(String name, Long... shape) {
        int count = (int) Stream.of(shape).mapToLong(length -> length).reduce(1, (a, b) -> a * b);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = i + 1;
        }
        tensors.put(name, Tensor.float32(List.of(shape), values));
    }

    private Checkpoint open() {
        return Checkpoint.open(
                CheckpointLocation.find(SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors)));
    }

    private InputException refusal() {
        InputException refusal = catchThrowableOfType(InputException.class, this::open);
        assertThat(refusal).isNotNull();
        assertThat(refusal.getMessage()).doesNotContain("\n");
        return refusal;
    }

    static Stream<Arguments> blocks() {
        return Stream.of(
                Arguments.of(List.of(5L, 6L), List.of(), 5, 6),
                Arguments.of(List.of(5L, 6L), List.of(1L), 5, 6),
                Arguments.of(List.of(5L, 6L), List.of(1L, 1L), 5, 6),
                Arguments.of(List.of(5L, 6L), List.of(5L), 1, 6),
                Arguments.of(List.of(5L, 6L), List.of(5L, 1L), 1, 6),
                Arguments.of(List.of(5L, 6L), List.of(1L, 6L), 5, 1),
                Arguments.of(List.of(5L, 6L), List.of(2L, 2L), 4, 4),
                Arguments.of(List.of(5L, 6L), List.of(3L, 2L), 2, 4),
                Arguments.of(List.of(5L, 16L), List.of(5L, 2L), 1, 8),
                Arguments.of(List.of(2L, 3L, 4L), List.of(2L), 3, 4),
                Arguments.of(List.of(2L, 3L, 4L), List.of(2L, 1L, 1L), 3, 4),
                Arguments.of(List.of(2L, 3L, 4L), List.of(2L, 2L, 2L), 2, 2),
                Arguments.of(List.of(2L, 3L, 4L), List.of(2L, 3L, 1L), 1, 4),
                Arguments.of(List.of(7L), List.of(1L), 1, 7));
    }

    @ParameterizedTest
    @MethodSource("blocks")
    void numbersAreMultipliedWithTheScaleOfTheirBlock(List<Long> shape, List<Long> scales, int rows, int columns) {
        ones(shape.toArray(Long[]::new));
        scales(WEIGHT + "_scale_inv", scales.toArray(Long[]::new));
        Checkpoint checkpoint = open();
        TensorInfo tensor = checkpoint.find(WEIGHT).orElseThrow();

        assertThat(tensor.scales()).contains(new TensorInfo.Scales(WEIGHT + "_scale_inv", rows, columns));
        int matrixColumns = shape.get(shape.size() - 1).intValue();
        int matrixRows = shape.size() < 2 ? 1 : shape.get(shape.size() - 2).intValue();
        int inRow = -Math.floorDiv(-matrixColumns, columns);
        int inMatrix = inRow * -Math.floorDiv(-matrixRows, rows);
        float[] expected = new float[(int) tensor.elements()];
        for (int i = 0; i < expected.length; i++) {
            int row = i / matrixColumns;
            expected[i] =
                    1 + row / matrixRows * inMatrix + row % matrixRows / rows * inRow + i % matrixColumns / columns;
        }
        assertThat(checkpoint.floats(tensor, 0, expected.length, 1)).containsExactly(expected);
        FloatBuffer decoded = FloatBuffer.allocate(expected.length - 1);
        checkpoint.decode(tensor, 1, StoredBytes.of(checkpoint, tensor, 1, expected.length - 1), decoded);
        assertThat(decoded.array()).containsExactly(Arrays.copyOfRange(expected, 1, expected.length));
        assertThat(checkpoint.floats(tensor, 1, expected.length / 3, 3))
                .containsExactly(floats(IntStream.range(0, expected.length / 3)
                        .mapToDouble(i -> expected[1 + 3 * i])
                        .toArray()));
    }

    private static float[] floats(double[] numbers) {
        float[] floats = new float[numbers.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) numbers[i];
        }
        return floats;
    }

    static Stream<Arguments> unfitting() {
        return Stream.of(
                Arguments.of(List.of(5L, 6L), List.of(2L)),
                Arguments.of(List.of(5L, 6L), List.of(6L)),
                Arguments.of(List.of(5L, 6L), List.of(0L)),
                Arguments.of(List.of(5L, 6L), List.of(0L, 2L)),
                Arguments.of(List.of(5L, 6L), List.of(6L, 1L)),
                Arguments.of(List.of(5L, 6L), List.of(4L, 1L)),
                Arguments.of(List.of(5L, 6L), List.of(1L, 4L)),
                Arguments.of(List.of(5L, 6L), List.of(5L, 1L, 1L)),
                Arguments.of(List.of(2L, 3L, 4L), List.of()),
                Arguments.of(List.of(2L, 3L, 4L), List.of(1L)),
                Arguments.of(List.of(2L, 3L, 4L), List.of(3L)),
                Arguments.of(List.of(2L, 3L, 4L), List.of(2L, 3L)),
                Arguments.of(List.of(2L, 3L, 4L), List.of(1L, 3L, 1L)),
                Arguments.of(List.of(7L), List.of(7L)));
    }

    @ParameterizedTest
    @MethodSource("unfitting")
    void scalesThatDoNotDivideTheirTensorAreRefused(List<Long> shape, List<Long> scales) {
        ones(shape.toArray(Long[]::new));
        scales(WEIGHT + "_scale", scales.toArray(Long[]::new));

        InputException refusal = refusal();

        assertThat(refusal).isInstanceOf(MalformedInputException.class);
        assertThat(refusal.field()).isEqualTo(WEIGHT + "_scale");
        assertThat(refusal.problem())
                .isEqualTo("has shape " + scales + ", which does not divide \"" + WEIGHT + "\" " + shape
                        + " into blocks of a power of two");
    }

    @ParameterizedTest
    @CsvSource({
        "layers.0.fc.scale, not under a name that is known",
        "layers.0.fc.weight.scale, not under a name that is known",
        "layers.0.fc.qscale_weight, not under a name that is known",
        "layers.0.fc.scale_weight, not under a name that is known",
        "layers.0.fc.weight_scale_2, not under a name that is known"
    })
    void scalesUnderAnotherNameAreRefused(String name, String problem) {
        ones(2L, 2L);
        scales(name, 1L);

        InputException refusal = refusal();

        assertThat(refusal).isInstanceOf(UnsupportedInputException.class);
        assertThat(refusal.field()).isEqualTo(name);
        assertThat(refusal.problem()).contains("\"" + WEIGHT + "\"", problem);
    }

    @ParameterizedTest
    @ValueSource(strings = {"_scale", "_zero_point"})
    void scalesWithMoreBesideThemAreRefused(String ending) {
        ones(2L, 2L);
        scales(WEIGHT + "_scale_inv", 1L);
        scales(WEIGHT + ending, 1L);

        assertThat(refusal()).isInstanceOf(UnsupportedInputException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "layers.0.fc.input_scale",
                "layers.0.fc.activation_scale",
                "layers.0.fc.input_scale_ub",
                "layers.0.fc.output_scale",
                "layers.0.fc.k_scale",
                "layers.0.attn.scale",
                "scale"
            })
    void withoutScalesOfTheirOwnNumbersAreAsTheyAre(String other) {
        ones(2L, 2L);
        scales(other, 1L);
        TensorInfo tensor = open().find(WEIGHT).orElseThrow();

        assertThat(tensor.scales()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"I32, 4", "F8_E4M3, 1"})
    void scalesMustBePlainNumbers(DType type, int bytes) {
        ones(2L, 2L);
        tensors.put(WEIGHT + "_scale", new Tensor(type, List.of(1L), new byte[bytes]));

        InputException refusal = refusal();

        assertThat(refusal).isInstanceOf(UnsupportedInputException.class);
        assertThat(refusal.problem()).isEqualTo("scales of type " + type + " are not supported");
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
    void scalesThatAreNoNumbersAreNotMultipliedWith(float scale) {
        ones(2L, 2L);
        tensors.put(WEIGHT + "_scale", Tensor.float32(List.of(2L, 1L), 1, scale));
        Checkpoint checkpoint = open();
        TensorInfo tensor = checkpoint.find(WEIGHT).orElseThrow();

        assertThat(Stream.of(
                        catchThrowableOfType(InputException.class, () -> checkpoint.floats(tensor, 0, 1, 1)),
                        catchThrowableOfType(
                                InputException.class,
                                () -> checkpoint.decode(
                                        tensor, 0, StoredBytes.of(checkpoint, tensor), FloatBuffer.allocate(4)))))
                .allSatisfy(refusal -> {
                    assertThat(refusal.field()).isEqualTo(WEIGHT + "_scale");
                    assertThat(refusal.problem()).isEqualTo("holds the scale " + scale);
                });
    }

    /** More scales than the file has numbers: all the same one, again and again. */
    @Test
    void scalesMustLieInTheFileOneByOne() {
        Path file = new TorchFile()
                .op('}', '(')
                .text("w.weight")
                .float8("0", List.of(4, 4))
                .text("w.weight_scale")
                .tensor("1", 1, 0, List.of(4, 4), List.of(0, 0))
                .op('u')
                .storage("0", 0, 0, 0, 0)
                .storage("1", 2)
                .write(folder.resolve("model.pt"));

        InputException refusal =
                catchThrowableOfType(InputException.class, () -> Checkpoint.open(CheckpointLocation.find(file)));

        assertThat(refusal.problem()).startsWith("has more elements than its storage");
    }
}
