package io.github.swscan.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.fixture.StoredBytes;
import io.github.swscan.fixture.TestResources;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Tensors in blocks, held to what others make of them. {@code blocks/blocks.gguf}, which {@code scripts/gguf-blocks} makes,
 * has for every format two tensors of shape [8, 256]: random bytes ({@code .bytes}), the scales of whose first blocks are
 * NaN, infinite, zero and subnormal, and {@code rows}, normally distributed numbers, quantized by ggml itself ({@code
 * .rows}). Beside each stands what {@code to_float} of ggml gives for it ({@code .expected}); {@code
 * gguf.quants.dequantize} of its Python package, of the formats that it has, gives the same bits.
 */
class StoredBlocksTest {

    private static final Checkpoint BLOCKS =
            Checkpoint.open(CheckpointLocation.find(TestResources.at("blocks/blocks.gguf")));

    static List<DType> formats() {
        return Stream.of(DType.values()).filter(DType::isInBlocks).toList();
    }

    private static TensorInfo tensor(String name) {
        return BLOCKS.find(name).orElseThrow();
    }

    private static float[] all(TensorInfo tensor) {
        return BLOCKS.floats(tensor, 0, (int) tensor.elements(), 1);
    }

    @ParameterizedTest
    @MethodSource("formats")
    void numbersAreThoseOfGgmlToTheBit(DType format) {
        for (String content : List.of(".bytes", ".rows")) {
            TensorInfo stored = tensor(format + content);
            assertThat(stored.dtype()).isEqualTo(format);
            assertThat(stored.shape()).containsExactly(8L, 256L);
            assertThat(all(stored)).as(content).isEqualTo(all(tensor(format + content + ".expected")));
        }
    }

    @ParameterizedTest
    @MethodSource("formats")
    void numbersAreCloseToThoseThatWereQuantized(DType format) {
        float[] original = all(tensor("rows"));
        float[] decoded = all(tensor(format + ".rows"));
        double squares = 0;
        double errors = 0;
        for (int i = 0; i < original.length; i++) {
            squares += original[i] * original[i];
            errors += (decoded[i] - original[i]) * (decoded[i] - original[i]);
        }

        double bits = format.bytes() * (double) Byte.SIZE / format.blockElements();
        assertThat(Math.sqrt(errors / squares)).isLessThan(Math.min(4 * Math.pow(2, -bits), 0.9));
    }

    @ParameterizedTest
    @MethodSource("formats")
    void anyPartIsThatOfTheWhole(DType format) {
        TensorInfo tensor = tensor(format + ".rows");
        float[] whole = all(tensor);
        Random random = new Random(1);
        for (int i = 0; i < 300; i++) {
            int first = random.nextInt(whole.length);
            int stride = random.nextInt(4) == 0 ? 1 : random.nextInt(600);
            int most = stride == 0 ? 5 : (whole.length - 1 - first) / stride + 1;
            int count = random.nextInt(most + 1);
            float[] expected = new float[count];
            for (int k = 0; k < count; k++) {
                expected[k] = whole[first + k * stride];
            }

            assertThat(BLOCKS.floats(tensor, first, count, stride))
                    .as("%d numbers from %d on, each %d apart", count, first, stride)
                    .isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @MethodSource("formats")
    void wholeBlocksAreDecoded(DType format) {
        TensorInfo tensor = tensor(format + ".rows");
        float[] whole = all(tensor);
        int size = format.blockElements();
        for (int first = 0; first < whole.length; first += size) {
            for (int end = first; end <= Math.min(whole.length, first + 3 * size); end += size) {
                ByteBuffer stored = StoredBytes.of(
                        BLOCKS, tensor, format.bytes(first), (int) (format.bytes(end) - format.bytes(first)));
                FloatBuffer target = FloatBuffer.allocate(end - first);
                BLOCKS.decode(tensor, first, stored, target);
                assertThat(target.array()).isEqualTo(Arrays.copyOfRange(whole, first, end));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("formats")
    void whatLiesBeyondTheTensorIsRefused(DType format) {
        TensorInfo tensor = tensor(format + ".rows");
        int elements = (int) tensor.elements();

        assertThatIllegalArgumentException().isThrownBy(() -> BLOCKS.floats(tensor, elements, 1, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> BLOCKS.floats(tensor, elements - 1, 2, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> BLOCKS.floats(tensor, elements - 9, 2, 9));
        assertThatIllegalArgumentException().isThrownBy(() -> BLOCKS.floats(tensor, -1, 1, 1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BLOCKS.decode(tensor, 1, StoredBytes.of(BLOCKS, tensor), FloatBuffer.allocate(0)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BLOCKS.decode(tensor, 0, StoredBytes.of(BLOCKS, tensor), FloatBuffer.allocate(1)));
    }
}
