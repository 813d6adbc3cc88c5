package io.github.swscan.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.github.swscan.fixture.LentEngine;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OperationsTest {

    private static final int INPUTS = 70;
    private static final int OUTPUTS = 33;

    @LentEngine
    private static TorchEngine engine;

    /** Few rows and many are multiplied by different libraries. */
    @ParameterizedTest
    @ValueSource(ints = {1, 16, 95, 96, 97, 300})
    void productsInFloat32AreExactToRounding(int rows) {
        float[] x = random(rows * INPUTS, 1);
        float[] w = random(OUTPUTS * INPUTS, 2);
        try (NDManager manager = engine.manager().newSubManager()) {
            NDArray y = engine.operations()
                    .linear(manager.create(x, new Shape(rows, INPUTS)), manager.create(w, new Shape(OUTPUTS, INPUTS)));
            assertThat(y.getShape()).isEqualTo(new Shape(rows, OUTPUTS));
            float[] values = y.toFloatArray();
            for (int i = 0; i < values.length; i++) {
                assertThat((double) values[i])
                        .as("entry %d", i)
                        .isCloseTo(product(x, i / OUTPUTS, w, i % OUTPUTS), within(2e-5));
            }
            y.close();
        }
    }

    /** Query heads that share key and value heads: the same as with those heads repeated, in short texts and in long. */
    @ParameterizedTest
    @CsvSource({"8, 8, 1, 5", "8, 2, 3, 5", "8, 1, 2, 5", "4, 2, 2, 512", "4, 2, 2, 513"})
    void sharedHeadsAreSeenByTheirQueries(int heads, int keyValueHeads, int sequences, int tokens) {
        int size = 4;
        float[] q = random(sequences * tokens * heads * size, 3);
        float[] k = random(sequences * tokens * keyValueHeads * size, 4);
        float[] v = random(sequences * tokens * keyValueHeads * size, 5);
        try (NDManager manager = engine.manager().newSubManager()) {
            NDArray result = engine.operations()
                    .causalAttention(
                            manager.create(q, new Shape((long) sequences * tokens, heads, size)),
                            manager.create(k, new Shape((long) sequences * tokens, keyValueHeads, size)),
                            manager.create(v, new Shape((long) sequences * tokens, keyValueHeads, size)),
                            tokens,
                            0.5);
            float[] values = result.toFloatArray(); // [sequences * tokens, heads * size]
            for (int row = 0; row < sequences * tokens; row++) {
                for (int head = 0; head < heads; head++) {
                    int shared = head / (heads / keyValueHeads);
                    double[] expected = attention(q, row, head, heads, k, v, shared, keyValueHeads, tokens, size);
                    for (int i = 0; i < size; i++) {
                        assertThat((double) values[(row * heads + head) * size + i])
                                .isCloseTo(expected[i], within(1e-5));
                    }
                }
            }
            result.close();
        }
    }

    private static double[] attention(
            float[] q,
            int row,
            int head,
            int heads,
            float[] k,
            float[] v,
            int shared,
            int keyValueHeads,
            int tokens,
            int size) {
        int first = row / tokens * tokens;
        double[] sum = new double[size];
        double total = 0;
        for (int key = first; key <= row; key++) {
            double score = 0;
            for (int i = 0; i < size; i++) {
                score += (double) q[(row * heads + head) * size + i] * k[(key * keyValueHeads + shared) * size + i];
            }
            double weight = Math.exp(0.5 * score);
            total += weight;
            for (int i = 0; i < size; i++) {
                sum[i] += weight * v[(key * keyValueHeads + shared) * size + i];
            }
        }
        for (int i = 0; i < size; i++) {
            sum[i] /= total;
        }
        return sum;
    }

    private static double product(float[] x, int row, float[] w, int output) {
        double sum = 0;
        for (int i = 0; i < INPUTS; i++) {
            sum += (double) x[row * INPUTS + i] * w[output * INPUTS + i];
        }
        return sum;
    }

    private static float[] random(int count, long seed) {
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextFloat() * 2 - 1;
        }
        return values;
    }
}
