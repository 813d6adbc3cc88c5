package io.github.swscan.effect;

/** What a verdict goes by. */
public enum Measure {
    /** How many times the perplexity on text rises. */
    PERPLEXITY_RATIO("perplexity ratio"),
    /** The Kullback-Leibler divergence original‖edited in nats per token, for want of text. */
    KL_DIVERGENCE("KL divergence");

    private final String label;

    Measure(String label) {
        this.label = label;
    }

    public String label() {
        return label;
    }

    public Thresholds defaultThresholds() {
        return switch (this) {
            case PERPLEXITY_RATIO -> new Thresholds(10, 1.5, 1.05);
            case KL_DIVERGENCE -> new Thresholds(1, 0.1, 0.01);
        };
    }

    /** An effect in the unit of the thresholds. */
    public double of(Effect effect) {
        return switch (this) {
            case PERPLEXITY_RATIO -> effect.perplexityRatio();
            case KL_DIVERGENCE -> effect.klDivergence();
        };
    }

    /** An effect in nats per token, 0 for none: what effects are compared with one another by. */
    public double nats(Effect effect) {
        return switch (this) {
            case PERPLEXITY_RATIO -> effect.meanNllRise();
            case KL_DIVERGENCE -> effect.klDivergence();
        };
    }
}
