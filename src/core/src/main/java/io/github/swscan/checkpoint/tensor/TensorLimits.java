package io.github.swscan.checkpoint.tensor;

/** How much a file may say of its tensors, whatever its format. */
public final class TensorLimits {

    /** Tensors in a file. */
    public static final int MAX_TENSORS = 1_000_000;

    /** Characters of a tensor's name. */
    public static final int MAX_NAME_LENGTH = 4096;

    /** Dimensions of a tensor. */
    public static final int MAX_RANK = 8;

    private TensorLimits() {}
}
