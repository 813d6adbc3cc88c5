package io.github.swscan.checkpoint.quantized;

/** How the codes of a matrix of outputs by inputs lie in a stored one. */
public enum Packing {
    /** Words of codes of consecutive inputs, the lowest bits first; a row for each word, a column for each output. */
    INPUTS_DOWN,
    /** The same with a row for each output and a column for each word. */
    INPUTS_ACROSS,
    /** The same, each word with as many whole codes as it has room for: none is in two words. */
    INPUTS_PADDED,
    /** Words of codes of eight consecutive outputs, in AWQ's order; a row for each input, a column for each word. */
    OUTPUTS_SHUFFLED,
    /** Bytes of signed codes of two consecutive outputs, the lower half first; a row for each pair, a column for each input. */
    OUTPUT_PAIRS,
    /** A signed byte for each; a row for each output, a column for each input. */
    BYTES,
    /** As {@link #INPUTS_DOWN}, codes of 32 inputs cut into planes of 4, 2 and 1 bits: gptqmodel's gptq_p. */
    PLANES_DOWN,
    /** As {@link #OUTPUTS_SHUFFLED}, with codes of any number of bits, one after the other across words. */
    OUTPUTS_SHUFFLED_DENSELY,
    /** Words of 16 bits of codes of four outputs and 64 inputs: AWQ's gemv_fast. A row for each four, a column for each input. */
    ROWS_INTERLEAVED;

    /** How many inputs a block of {@link #ROWS_INTERLEAVED} has. */
    public static final int INPUTS_INTERLEAVED = 64;

    /** By output within a word, which nibble of it: that is how AWQ's kernels take words apart. */
    static final int[] SHUFFLE = {0, 4, 1, 5, 2, 6, 3, 7};

    /** The place of an output's code in AWQ's order. */
    static int shuffled(int output) {
        return output / SHUFFLE.length * SHUFFLE.length + SHUFFLE[output % SHUFFLE.length];
    }
}
