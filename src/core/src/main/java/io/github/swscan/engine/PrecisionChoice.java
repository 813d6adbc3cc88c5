package io.github.swscan.engine;

/** In which number format to multiply, as asked for. */
public enum PrecisionChoice {
    /** bfloat16 where the weights are of 16 bits or fewer and the device multiplies bfloat16 natively, else float32. */
    AUTO,
    FP32,
    BF16;

    /**
     * The format that this choice comes to on the device of an engine.
     *
     * @param storedIn16Bits whether most of the checkpoint's weights are stored in 16 bits or fewer
     */
    public Precision on(TorchEngine engine, boolean storedIn16Bits) {
        return switch (this) {
            case FP32 -> Precision.FP32;
            case BF16 -> Precision.BF16;
            case AUTO -> storedIn16Bits && engine.multipliesBfloat16() ? Precision.BF16 : Precision.FP32;
        };
    }
}
