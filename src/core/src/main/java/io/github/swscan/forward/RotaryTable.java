package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.github.swscan.architecture.Rotary;

/**
 * Cosines and sines of rotary positions.
 *
 * @param cos [tokens, 1, size] float32
 * @param sin [tokens, 1, size] float32
 */
record RotaryTable(NDArray cos, NDArray sin) {

    /** The table for the tokens of all sequences, one sequence after the other. */
    static RotaryTable of(Rotary rotary, Sequences sequences, NDManager manager) {
        int size = rotary.turned();
        int tokens = sequences.totalTokens();
        float[] cos = new float[Math.multiplyExact(tokens, size)];
        float[] sin = new float[cos.length];
        for (int sequence = 0; sequence < sequences.count(); sequence++) {
            double[] frequencies = rotary.frequencies(sequences.textLength(sequence));
            double factor = rotary.scaling().attentionFactor(sequences.textLength(sequence));
            for (int token = 0; token < sequences.tokens(sequence); token++) {
                int row = sequences.firstToken(sequence) + token;
                int position = sequences.firstPosition() + token;
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
            }
        }
        Shape shape = new Shape(tokens, 1, size);
        return new RotaryTable(manager.create(cos, shape), manager.create(sin, shape));
    }
}
