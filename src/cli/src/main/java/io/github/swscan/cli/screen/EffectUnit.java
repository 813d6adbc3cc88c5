package io.github.swscan.cli.screen;

import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.DetectionReport.Control;
import io.github.swscan.report.DetectionReport.Effect;

/** The unit in which a report's verdicts go: how many times the perplexity, or nats of divergence. */
enum EffectUnit {
    PERPLEXITY("perplexity", 0.05),
    DIVERGENCE("KL (nats)", 0.005);

    private final String label;
    private final double readable;

    EffectUnit(String label, double readable) {
        this.label = label;
        this.readable = readable;
    }

    static EffectUnit of(DetectionReport report) {
        return report.settings().verdictMeasure().startsWith("perplexity") ? PERPLEXITY : DIVERGENCE;
    }

    /** Above a column. */
    String label() {
        return label;
    }

    /** {@link Double#MAX_VALUE} where the edit makes the predictions NaN or infinite. */
    double size(Effect effect) {
        return this == PERPLEXITY ? effect.perplexityRatio() : effect.klDivergence();
    }

    /** Whether a size, as in a sentence, reads as that of no edit. */
    boolean isNothing(double size) {
        return Math.abs(size - (this == PERPLEXITY ? 1 : 0)) < readable;
    }

    String cell(Effect effect) {
        return cell(size(effect));
    }

    String cell(Control control) {
        return cell(this == PERPLEXITY ? control.perplexityRatio() : control.klDivergence());
    }

    private String cell(double size) {
        if (size == Double.MAX_VALUE) {
            return "NaN/inf";
        }
        return this == PERPLEXITY ? Numbers.ratio(size) : Numbers.nats(size);
    }

    /** What an edit of this size does, the edit being the subject. */
    String sentence(double size) {
        if (size == Double.MAX_VALUE) {
            return "makes the predictions NaN or infinite";
        }
        if (isNothing(size)) {
            return "does next to nothing";
        }
        return this == PERPLEXITY
                ? "multiplies the perplexity by " + Numbers.twoDigits(size)
                : "changes the predictions by " + Numbers.twoDigits(size) + " nats";
    }
}
