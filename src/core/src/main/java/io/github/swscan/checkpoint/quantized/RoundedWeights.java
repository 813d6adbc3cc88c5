package io.github.swscan.checkpoint.quantized;

import io.github.swscan.checkpoint.tensor.Codes;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * Plain weights that a BitNet rounds to three values when it multiplies with them: to the nearest of -1, 0 and 1 times the
 * mean of their magnitudes, in float32.
 *
 * @param weights a matrix of plain numbers
 */
public record RoundedWeights(TensorInfo weights) implements Codes {

    private static final float SMALLEST_MEAN = 1e-5f;
    private static final int READ_AT_ONCE = 1 << 16;

    @Override
    public String method() {
        return "BitNet online";
    }

    @Override
    public int bits() {
        return weights.dtype().bytes() * Byte.SIZE;
    }

    @Override
    public List<TensorInfo> tensors() {
        return List.of(weights);
    }

    @Override
    public TensorInfo.Place place(long element) {
        return weights.place(element);
    }

    @Override
    public String withoutElementCodes() {
        return "The weight is stored as a plain number, which the model rounds by what all of its matrix are.";
    }

    @Override
    public Decoder decoder(Stored stored) {
        StoredNumbers read = new StoredNumbers(stored);
        float scale = 1 / Math.max(SMALLEST_MEAN, meanMagnitude(read));
        return (first, target) -> decode(read, scale, first, target);
    }

    private float meanMagnitude(StoredNumbers read) {
        double sum = 0;
        for (long element = 0; element < weights.elements(); element += READ_AT_ONCE) {
            int count = (int) Math.min(READ_AT_ONCE, weights.elements() - element);
            for (float weight : read.floats(weights, element, count)) {
                sum += Math.abs(weight);
            }
        }
        return (float) (sum / weights.elements());
    }

    private void decode(StoredNumbers read, float scale, long first, FloatBuffer target) {
        long element = first;
        while (target.hasRemaining()) {
            float[] values = read.floats(weights, element, Math.min(READ_AT_ONCE, target.remaining()));
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) Math.max(-1, Math.min(1, Math.rint(values[i] * scale))) / scale;
            }
            target.put(values);
            element += values.length;
        }
    }
}
