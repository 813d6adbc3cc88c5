package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import io.github.swscan.engine.Operations;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/**
 * Input x and output y of one linear map for some tokens of one branch, which are counted from 0 here. Valid as long as
 * what it comes from.
 */
public final class Activations {

    private final List<TokenPlace> tokens;
    private final NDArray x;
    private final NDArray y;
    private final Operations operations;
    private float[] inputMagnitudes;
    private float[] outputMagnitudes;

    private Activations(List<TokenPlace> tokens, NDArray x, NDArray y, Operations operations) {
        this.tokens = List.copyOf(tokens);
        this.x = x;
        this.y = y;
        this.operations = operations;
    }

    /**
     * Those of a branch's tokens of some sequences.
     *
     * @param rows that go through the map
     * @param x [rows, inputs]
     * @param y [rows, outputs]
     */
    static Activations of(Rows rows, Branch branch, List<Integer> sequences, NDArray x, NDArray y, Compute compute) {
        long[] own = rows.of(branch, sequences);
        return new Activations(
                Arrays.stream(own).mapToObj(row -> rows.token((int) row)).toList(),
                selected(x, own, compute),
                selected(y, own, compute),
                compute.operations());
    }

    /** Some rows of an array, in ascending order; not copied where they lie side by side. */
    private static NDArray selected(NDArray array, long[] ascending, Compute compute) {
        int count = ascending.length;
        boolean sideBySide = count > 0 && ascending[count - 1] - ascending[0] == count - 1;
        return sideBySide
                ? compute.operations().rows(array, ascending[0], ascending[0] + count)
                : compute.operations().selectRows(array, compute.weights().array(ascending));
    }

    /** The largest magnitude of every token's input. Computed once; not to be changed. */
    public float[] inputMagnitudes() {
        if (inputMagnitudes == null) {
            inputMagnitudes = magnitudes(x);
        }
        return inputMagnitudes;
    }

    /** The largest magnitude of every token's output. Computed once; not to be changed. */
    public float[] outputMagnitudes() {
        if (outputMagnitudes == null) {
            outputMagnitudes = magnitudes(y);
        }
        return outputMagnitudes;
    }

    /** The input peak over all tokens. */
    public Peak inputPeak() {
        return peak(x, inputMagnitudes());
    }

    /** The output peak over all tokens. */
    public Peak outputPeak() {
        return peak(y, outputMagnitudes());
    }

    /** The inputs of all tokens, one after the other [tokens * intermediate]. */
    public float[] inputs() {
        return operations.toFloat32(x).toFloatArray();
    }

    /** A token's input [intermediate]. */
    public float[] input(int token) {
        return row(x, token);
    }

    /** A token's output [hidden]. */
    public float[] output(int token) {
        return row(y, token);
    }

    /** How many tokens there are; in a mixture perhaps none. */
    public int tokens() {
        return tokens.size();
    }

    /** The entry of a token's input or output, located. */
    public Peak at(int token, int channel, float value) {
        TokenPlace place = tokens.get(token);
        return new Peak(value, place.sequence(), place.position(), channel);
    }

    /** Where a token is. */
    public TokenPlace place(int token) {
        return tokens.get(token);
    }

    /** The token at a place, if it is among these. */
    public OptionalInt tokenAt(TokenPlace place) {
        int token = tokens.indexOf(place);
        return token < 0 ? OptionalInt.empty() : OptionalInt.of(token);
    }

    private float[] magnitudes(NDArray array) {
        float[] extremes = operations.rowExtremes(array).toFloatArray(); // [2, tokens]
        float[] magnitudes = new float[extremes.length / 2];
        for (int token = 0; token < magnitudes.length; token++) {
            magnitudes[token] = Math.max(Math.abs(extremes[token]), Math.abs(extremes[magnitudes.length + token]));
        }
        return magnitudes;
    }

    private Peak peak(NDArray array, float[] magnitudes) {
        int token = indexOfLargest(magnitudes);
        float[] values = row(array, token);
        int channel = indexOfLargest(values);
        return at(token, channel, values[channel]);
    }

    private float[] row(NDArray array, int token) {
        return operations.toFloat32(operations.rows(array, token, token + 1L)).toFloatArray();
    }

    /** The index of the entry of largest magnitude, the first of equals; a NaN counts as the largest. */
    public static int indexOfLargest(float[] values) {
        int best = 0;
        for (int i = 1; i < values.length; i++) {
            if (Float.compare(Math.abs(values[i]), Math.abs(values[best])) > 0) {
                best = i;
            }
        }
        return best;
    }
}
