package io.github.swscan.engine;

/** The number format in which weights are multiplied. Norms, softmax and log-likelihoods are float32 in both. */
public enum Precision {
    FP32,
    BF16;

    /** The name that options and reports use: {@code fp32} or {@code bf16}. */
    public String label() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
