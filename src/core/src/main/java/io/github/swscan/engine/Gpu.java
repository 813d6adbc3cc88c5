package io.github.swscan.engine;

/**
 * A GPU that the process may use.
 *
 * @param name as its maker has it
 * @param generation the major number of its compute capability: 7 is Volta and Turing, 8 Ampere and Ada, 9 Hopper
 */
record Gpu(String name, int generation) {

    private static final int AMPERE = 8;

    /** Whether it has instructions that multiply bfloat16 numbers. */
    boolean multipliesBfloat16() {
        return generation >= AMPERE;
    }
}
