package io.github.swscan.checkpoint.quantized;

import io.github.swscan.checkpoint.tensor.TensorInfo;

/**
 * The codes of a matrix as they are stored.
 *
 * @param numbers which number a code stands for, before scales
 */
public record CodeWords(TensorInfo tensor, Packing packing, int bits, CodeNumbers numbers) {

    /** Codes that are whole numbers. */
    public static CodeWords integers(TensorInfo tensor, Packing packing, int bits) {
        return new CodeWords(tensor, packing, bits, CodeNumbers.INTEGERS);
    }

    /** Where the code of an input begins among those of its output, in bits. */
    long bit(long input) {
        if (packing != Packing.INPUTS_PADDED) {
            return input * bits;
        }
        int inWord = Integer.SIZE / bits;
        return input / inWord * Integer.SIZE + input % inWord * bits;
    }

    /** How many words it takes from the first on until the code of the last input ends. */
    public int words(int inputs) {
        return (int) ((bit(inputs - 1L) + bits + Integer.SIZE - 1) >>> 5);
    }
}
