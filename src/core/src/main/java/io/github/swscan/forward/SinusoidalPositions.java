package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.github.swscan.architecture.Embedding.Sinusoidal;
import java.util.OptionalInt;

/** Positions as sines and cosines, see {@link Sinusoidal}. */
final class SinusoidalPositions {

    private SinusoidalPositions() {}

    /** The positions of some places: [places, size] float32; of an odd size the last channel is 0. */
    static NDArray of(Sinusoidal positions, int[] places, int size, NDManager manager) {
        int half = size / 2;
        double steps = positions.lastIncluded() ? half - 1 : size / 2.0;
        float[] values = new float[Math.multiplyExact(places.length, size)];
        for (int row = 0; row < places.length; row++) {
            int position = places[row] + positions.offset();
            if (positions.zero().equals(OptionalInt.of(position))) {
                continue;
            }
            for (int i = 0; i < half; i++) {
                float frequency = (float) Math.exp(-Math.log(10000) * i / steps);
                float angle = position * frequency;
                values[row * size + i] = (float) Math.sin(angle);
                values[row * size + half + i] = (float) Math.cos(angle);
            }
        }
        return manager.create(values, new Shape(places.length, size));
    }
}
