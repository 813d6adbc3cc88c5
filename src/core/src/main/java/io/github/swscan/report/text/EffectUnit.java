package io.github.swscan.report.text;

import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.DetectionReport.Control;
import io.github.swscan.report.DetectionReport.Effect;

/** The unit in which a report's verdicts go. */
public enum EffectUnit {
    /** How many times it rises. */
    PERPLEXITY("perplexity", 1, 0.05),
    /** Nats. */
    DIVERGENCE("KL (nats)", 0, 0.005),
    /** Part of the last hidden state. */
    HIDDEN_STATE("change", 0, 0.005),
    /** What the cosine of embeddings lacks to 1. */
    EMBEDDING("1 - cosine", 0, 0.00005);

    private final String label;
    private final double none;
    private final double readable;

    /**
     * @param none the size of no edit
     * @param readable what a size differs from that by, at least, to be seen
     */
    EffectUnit(String label, double none, double readable) {
        this.label = label;
        this.none = none;
        this.readable = readable;
    }

    public static EffectUnit of(DetectionReport report) {
        return ofMeasure(report.settings().verdictMeasure());
    }

    /** The one of a measure, as reports name it. */
    public static EffectUnit ofMeasure(String measure) {
        if (measure.startsWith("hidden")) {
            return HIDDEN_STATE;
        }
        if (measure.startsWith("embedding")) {
            return EMBEDDING;
        }
        return measure.startsWith("perplexity") ? PERPLEXITY : DIVERGENCE;
    }

    /** The size of no edit. */
    public double none() {
        return none;
    }

    /** Above a column. */
    public String label() {
        return label;
    }

    /** Whether an effect was measured in this unit. */
    public boolean isIn(Effect effect) {
        return switch (this) {
            case PERPLEXITY -> effect.perplexityRatio().isPresent();
            case DIVERGENCE -> effect.klDivergence().isPresent();
            case HIDDEN_STATE -> effect.hiddenChange().isPresent();
            case EMBEDDING -> effect.embeddingCosine().isPresent();
        };
    }

    /** {@link Double#MAX_VALUE} where the edit makes the output NaN or infinite. */
    public double size(Effect effect) {
        return switch (this) {
            case PERPLEXITY -> effect.perplexityRatio().orElseThrow();
            case DIVERGENCE -> effect.klDivergence().orElseThrow();
            case HIDDEN_STATE -> effect.hiddenChange().orElseThrow();
            case EMBEDDING -> 1 - effect.embeddingCosine().orElseThrow();
        };
    }

    /** The same of the control weights. */
    public double size(Control control) {
        return switch (this) {
            case PERPLEXITY -> control.perplexityRatio().orElseThrow();
            case DIVERGENCE -> control.klDivergence().orElseThrow();
            case HIDDEN_STATE -> control.hiddenChange().orElseThrow();
            case EMBEDDING -> 1 - control.embeddingCosine().orElseThrow();
        };
    }

    /** Whether a size, as in a sentence, reads as that of no edit. */
    public boolean isNothing(double size) {
        return Math.abs(size - none) < readable;
    }

    public String cell(Effect effect) {
        return cell(size(effect));
    }

    public String cell(Control control) {
        return cell(size(control));
    }

    /** As in a cell of a table. */
    public String cell(double size) {
        if (size == Double.MAX_VALUE) {
            return "NaN/inf";
        }
        return this == PERPLEXITY ? Numbers.ratio(size) : Numbers.nats(size);
    }

    /** What an edit of this size does, the edit being the subject. */
    public String sentence(double size) {
        if (size == Double.MAX_VALUE) {
            return "makes the %s NaN or infinite".formatted(this == HIDDEN_STATE ? "hidden state" : "predictions");
        }
        if (isNothing(size)) {
            return "does next to nothing";
        }
        String number = Numbers.rounded(size);
        return switch (this) {
            case PERPLEXITY -> "multiplies the perplexity by " + number;
            case DIVERGENCE -> "changes the predictions by " + number + " nats";
            case HIDDEN_STATE -> "moves the last hidden state by " + number + " of its length";
            case EMBEDDING -> "turns embeddings to a cosine of " + Numbers.nats(1 - size);
        };
    }
}
