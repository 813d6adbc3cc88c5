package io.github.swscan.checkpoint.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.fixture.StoredBytes;
import io.github.swscan.fixture.TestResources;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds 8-bit floating-point numbers to what PyTorch makes of every one of their bit patterns. */
class Float8Test {

    private static final Path PATTERNS = TestResources.at("float8/patterns.safetensors");

    private final Checkpoint checkpoint = Checkpoint.open(CheckpointLocation.find(PATTERNS));

    @ParameterizedTest
    @ValueSource(strings = {"e4m3", "e5m2"})
    void everyPatternIsTheNumberThatPyTorchReads(String type) {
        TensorInfo patterns = checkpoint.find(type).orElseThrow();
        float[] expected = checkpoint.floats(checkpoint.find(type + ".float32").orElseThrow(), 0, 256, 1);
        FloatBuffer decoded = FloatBuffer.allocate(256);
        checkpoint.decode(patterns, 0, StoredBytes.of(checkpoint, patterns), decoded);

        assertSame(checkpoint.floats(patterns, 0, 256, 1), expected);
        assertSame(decoded.array(), expected);
    }

    /** By their bits, but for the many that mean "not a number". */
    private static void assertSame(float[] actual, float[] expected) {
        for (int bits = 0; bits < 256; bits++) {
            assertThat(Float.floatToIntBits(actual[bits]))
                    .as("pattern %02x", bits)
                    .isEqualTo(Float.floatToIntBits(expected[bits]));
        }
    }
}
