package io.github.swscan.benchmark;

import java.util.Random;

/**
 * Normally distributed bfloat16 weights, made anew at every look: any row of any tensor follows from the tensor's name and
 * the row's number, so that a model larger than memory can be written, and computed with, row by row.
 */
final class RandomWeights {

    private static final double DEVIATION = 0.02;
    private static final short ONE = toBfloat16(1);

    /** As many draws from the distribution as there are 16-bit numbers. */
    private final short[] draws = new short[1 << Short.SIZE];

    RandomWeights() {
        Random random = new Random(1);
        for (int i = 0; i < draws.length; i++) {
            draws[i] = toBfloat16((float) (random.nextGaussian() * DEVIATION));
        }
    }

    /** Fills {@code target} with a row. */
    void row(ModelShape.Tensor tensor, int row, short[] target) {
        if (tensor.isNorm()) {
            java.util.Arrays.fill(target, ONE);
            return;
        }
        long state = mixed(tensor.name().hashCode() * 0x9E3779B97F4A7C15L + row);
        for (int i = 0; i < target.length; ) {
            state += 0x9E3779B97F4A7C15L;
            long bits = mixed(state);
            for (int end = Math.min(target.length, i + 4); i < end; i++) {
                target[i] = draws[(int) (bits & 0xFFFF)];
                bits >>>= Short.SIZE;
            }
        }
    }

    /** SplitMix64 (Steele, Lea, Flood, 2014). */
    private static long mixed(long x) {
        long mixed = (x ^ (x >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }

    /** To the nearest, to even in the middle. */
    static short toBfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        return (short) ((bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16);
    }

    static float toFloat(short bfloat16) {
        return Float.intBitsToFloat(bfloat16 << 16);
    }
}
