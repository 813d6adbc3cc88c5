package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.github.swscan.architecture.Rotary;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Cosines and sines of rotary positions.
 *
 * @param cos [tokens, 1, size] float32
 * @param sin [tokens, 1, size] float32
 */
record RotaryTable(NDArray cos, NDArray sin) {

    /** The table for the tokens of all sequences, one sequence after the other. */
    static RotaryTable of(Rotary rotary, Sequences sequences, NDManager manager) {
        int first = sequences.firstPosition();
        return of(
                rotary,
                sequences,
                sequence -> IntStream.range(first, first + sequences.tokens(sequence))
                        .toArray(),
                manager);
    }

    /** The table for whole groups of tokens of all texts, each at its first position, one sequence after the other. */
    static RotaryTable ofGroups(Rotary rotary, Sequences sequences, int length, NDManager manager) {
        return of(
                rotary,
                sequences,
                sequence -> IntStream.range(0, groups(sequences, sequence, length))
                        .map(group -> group * length)
                        .toArray(),
                manager);
    }

    /** How many whole groups of tokens there are in a text up to the end of a sequence. */
    static int groups(Sequences sequences, int sequence, int length) {
        return (sequences.firstPosition() + sequences.tokens(sequence)) / length;
    }

    private static RotaryTable of(Rotary rotary, Sequences sequences, IntFunction<int[]> positions, NDManager manager) {
        int size = rotary.turned();
        int count = IntStream.range(0, sequences.count())
                .map(sequence -> positions.apply(sequence).length)
                .sum();
        float[] cos = new float[Math.multiplyExact(Math.max(1, count), size)];
        float[] sin = new float[cos.length];
        int row = 0;
        for (int sequence = 0; sequence < sequences.count(); sequence++) {
            double[] frequencies = rotary.frequencies(sequences.textLength(sequence));
            double factor = rotary.scaling().attentionFactor(sequences.textLength(sequence));
            for (int position : positions.apply(sequence)) {
                for (int i = 0; i < size; i++) {
                    int pair =
                            switch (rotary.pairing()) {
                                case HALVES -> i % (size / 2);
                                case NEIGHBOURS -> i / 2;
                            };
                    double angle = (rotary.reversed() ? -position : position) * (double) (float) frequencies[pair];
                    cos[row * size + i] = (float) (factor * Math.cos(angle));
                    sin[row * size + i] = (float) (factor * Math.sin(angle));
                }
                row++;
            }
        }
        Shape shape = new Shape(Math.max(1, count), 1, size);
        return new RotaryTable(manager.create(cos, shape), manager.create(sin, shape));
    }
}
