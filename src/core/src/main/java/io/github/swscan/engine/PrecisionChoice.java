package io.github.swscan.engine;

/** In which number format to multiply, as asked for. */
public enum PrecisionChoice {
    /** bfloat16 where the weights are of 16 bits and the device multiplies bfloat16 natively, else float32. */
    AUTO,
    FP32,
    BF16;

    /**
     * The format that this choice comes to on the device of an engine.
     *
     * @param stored16Bit whether most of the checkpoint's weights are floating-point numbers of 16 bits
     */
    public Precision on(TorchEngine engine, boolean stored16Bit) {
        return switch (this) {
            case FP32 -> Precision.FP32;
            case BF16 -> Precision.BF16;
            case AUTO -> stored16Bit && engine.multipliesBfloat16() ? Precision.BF16 : Precision.FP32;
        };
    }
}
