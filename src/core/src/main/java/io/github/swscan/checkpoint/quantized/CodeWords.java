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
}
