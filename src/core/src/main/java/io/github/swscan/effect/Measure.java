package io.github.swscan.effect;

/** What a verdict goes by. */
public enum Measure {
    /** How many times the perplexity on text rises. */
    PERPLEXITY_RATIO("perplexity ratio"),
    /** The Kullback-Leibler divergence original‖edited in nats per token, for want of text. */
    KL_DIVERGENCE("KL divergence"),
    /** The mean of |h' - h| / |h| of the last hidden state, for want of a language-modelling head. */
    HIDDEN_STATE_CHANGE("hidden state change"),
    /** What the cosine lacks to 1 of the vectors that a sentence encoder makes of a text, for want of such a head. */
    EMBEDDING_COSINE("embedding cosine");

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
            case HIDDEN_STATE_CHANGE -> new Thresholds(0.5, 0.1, 0.02);
            case EMBEDDING_COSINE -> new Thresholds(0.1, 0.005, 0.0002);
        };
    }

    /** An effect in the unit of the thresholds. */
    public double of(Effect effect) {
        return switch (this) {
            case PERPLEXITY_RATIO -> ((PredictionEffect) effect).perplexityRatio();
            case KL_DIVERGENCE, HIDDEN_STATE_CHANGE, EMBEDDING_COSINE -> effect.change();
        };
    }

    /**
     * An effect as effects are compared with one another, 0 for none: what independent edits do adds up in it. Nats per
     * token, or the squared part of the hidden state, for moves in independent directions add up as the sides of a right
     * angle do; what a cosine lacks to 1 is half such a square.
     */
    public double damage(Effect effect) {
        return switch (this) {
            case PERPLEXITY_RATIO -> ((PredictionEffect) effect).meanNllRise();
            case KL_DIVERGENCE, EMBEDDING_COSINE -> effect.change();
            case HIDDEN_STATE_CHANGE -> Math.min(Double.MAX_VALUE, effect.change() * effect.change());
        };
    }
}
