package io.github.swscan.checkpoint.blocks;

/** How the bytes of one block become numbers. */
@FunctionalInterface
interface BlockDecoder {

    /**
     * Decodes a block.
     *
     * @param from where the block begins
     * @param to where its first number goes
     */
    void decode(byte[] bytes, int from, float[] values, int to);
}
