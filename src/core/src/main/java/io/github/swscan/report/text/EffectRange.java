package io.github.swscan.report.text;

import io.github.swscan.report.DetectionReport.Effect;
import java.util.Optional;

/** Two standard errors below and above the size of an effect, in the unit of verdicts. */
public record EffectRange(double low, double high) {

    private static final double ERRORS = 2;

    /** Empty where there is no standard error, as in reports of schema 1, or where a number is not finite. */
    public static Optional<EffectRange> of(Effect effect, EffectUnit unit) {
        Optional<Double> error =
                switch (unit) {
                    case PERPLEXITY -> effect.meanNllRiseError();
                    case DIVERGENCE -> effect.klDivergenceError();
                    case HIDDEN_STATE -> effect.hiddenChangeError();
                    case EMBEDDING -> effect.embeddingCosineError();
                };
        double size = unit.size(effect);
        return error.filter(one -> size < Double.MAX_VALUE).map(one -> {
            if (unit == EffectUnit.PERPLEXITY) {
                double factor = Math.exp(ERRORS * one);
                return new EffectRange(size / factor, size * factor);
            }
            return new EffectRange(Math.max(0, size - ERRORS * one), size + ERRORS * one);
        });
    }
}
