package io.github.swscan.checkpoint.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class TensorInfoTest {
    private static final Path FILE = Path.of("model.safetensors");

    @ParameterizedTest
    @MethodSource("shapes")
    void elementsAreTheProductOfTheShape(List<Long> shape, long elements) {
        assertThat(new TensorInfo("a", DType.F16, shape, FILE, 8, 2 * elements).elements())
                .isEqualTo(elements);
    }

    static Stream<Arguments> shapes() {
        return Stream.of(
                Arguments.of(List.of(), 1),
                Arguments.of(List.of(0L), 0),
                Arguments.of(List.of(3L, 0L, 5L), 0),
                Arguments.of(List.of(3L, 5L), 15),
                Arguments.of(List.of(1L << 31, 1L << 30), 1L << 61));
    }

    @ParameterizedTest
    @CsvSource({"0, 0 0 0", "1, 0 0 1", "4, 0 1 0", "23, 1 2 3"})
    void indexHasOneNumberForEachDimension(long element, String index) {
        TensorInfo tensor = new TensorInfo("a", DType.F16, List.of(2L, 3L, 4L), FILE, 8, 48);

        assertThat(tensor.index(element))
                .containsExactlyElementsOf(
                        Stream.of(index.split(" ")).map(Long::valueOf).toList());
        assertThat(tensor.place(element).offset()).isEqualTo(8 + 2 * element);
    }

    @Test
    void shapeCannotBeChangedFromOutside() {
        List<Long> shape = new ArrayList<>(List.of(2L));
        TensorInfo tensor = new TensorInfo("a", DType.U8, shape, FILE, 8, 2);
        shape.add(7L);

        assertThat(tensor.shape()).containsExactly(2L);
    }

    @ParameterizedTest
    @MethodSource("contradictions")
    void contradictionsAreRefused(String name, List<Long> shape, long offset, long bytes) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TensorInfo(name, DType.F32, shape, FILE, offset, bytes));
    }

    static Stream<Arguments> contradictions() {
        return Stream.of(
                Arguments.of("", List.of(1L), 8, 4),
                Arguments.of("a", List.of(1L), -1, 4),
                Arguments.of("a", List.of(1L), Long.MAX_VALUE, 4),
                Arguments.of("a", List.of(1L), 8, 5),
                Arguments.of("a", List.of(-1L), 8, -4),
                Arguments.of("a", List.of(1L << 32, 1L << 32), 8, 0),
                Arguments.of("a", List.of(1L << 62), 8, 0));
    }
}
