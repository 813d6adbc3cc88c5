package io.github.swscan.checkpoint.blocks;

import io.github.swscan.checkpoint.tensor.DType;

/**
 * Turns the block formats of <a href="https://github.com/ggml-org/ggml">ggml</a> into numbers. A block holds codes, packed,
 * and the scales that what they stand for is multiplied with. Products are formed in the order in which ggml forms them, so
 * that the floats are the same.
 */
public final class QuantizedBlocks {

    private QuantizedBlocks() {}

    /**
     * Decodes blocks that lie one after the other.
     *
     * @param format a type with blocks
     * @param bytes whole blocks
     * @param values is filled with their numbers
     */
    public static void decode(DType format, byte[] bytes, float[] values) {
        BlockDecoder decoder = decoder(format);
        int blocks = values.length / format.blockElements();
        for (int block = 0; block < blocks; block++) {
            decoder.decode(bytes, block * format.bytes(), values, block * format.blockElements());
        }
    }

    private static BlockDecoder decoder(DType format) {
        return switch (format) {
            case Q1_0 -> IntegerQuants::q10;
            case Q2_0 -> IntegerQuants::q20;
            case Q4_0 -> IntegerQuants::q40;
            case Q4_1 -> IntegerQuants::q41;
            case Q5_0 -> IntegerQuants::q50;
            case Q5_1 -> IntegerQuants::q51;
            case Q8_0 -> IntegerQuants::q80;
            case Q2_K -> KQuants::q2k;
            case Q3_K -> KQuants::q3k;
            case Q4_K -> KQuants::q4k;
            case Q5_K -> KQuants::q5k;
            case Q6_K -> KQuants::q6k;
            case IQ1_S -> GridQuants::iq1s;
            case IQ1_M -> GridQuants::iq1m;
            case IQ2_XXS -> GridQuants::iq2xxs;
            case IQ2_XS -> GridQuants::iq2xs;
            case IQ2_S -> GridQuants::iq2s;
            case IQ3_XXS -> GridQuants::iq3xxs;
            case IQ3_S -> GridQuants::iq3s;
            case IQ4_NL -> TableQuants::iq4nl;
            case IQ4_XS -> TableQuants::iq4xs;
            case MXFP4 -> TableQuants::mxfp4;
            case NVFP4 -> TableQuants::nvfp4;
            case TQ1_0 -> TernaryQuants::tq10;
            case TQ2_0 -> TernaryQuants::tq20;
            default -> throw new IllegalArgumentException("no blocks in " + format);
        };
    }
}
