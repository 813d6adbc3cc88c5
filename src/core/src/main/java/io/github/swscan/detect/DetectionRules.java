package io.github.swscan.detect;

import io.github.swscan.architecture.Architecture;
import io.github.swscan.effect.Measure;
import io.github.swscan.effect.Thresholds;
import io.github.swscan.input.WrongRequestException;
import io.github.swscan.report.Verdict;
import io.github.swscan.text.TokenSource;
import java.io.Serializable;
import java.util.Map;

/**
 * The rules of a detection as they are asked for, before it is known what the model is given to read.
 *
 * @param spikeRule what counts as a spike
 * @param minimumShare the contribution share from which on a spike counts as made by one weight
 * @param thresholds from which effect on a weight has a verdict; where one is left out, the measure's own
 * @param controlFactor how many times the control's effect a super weight's must be
 * @param maximumCandidates how many candidates are tested; 0: as many as the budget for the model has room for
 * @param controls how many control weights there are for each candidate
 * @param seed of the random choices
 */
public record DetectionRules(
        SpikeRule spikeRule,
        double minimumShare,
        Map<Verdict, Double> thresholds,
        double controlFactor,
        int maximumCandidates,
        int controls,
        long seed)
        implements Serializable {

    public static final double DEFAULT_RATIO = 6;
    public static final double DEFAULT_MINIMUM_SHARE = 0.2;
    public static final double DEFAULT_CONTROL_FACTOR = 5;
    public static final int DEFAULT_CONTROLS = 3;

    public DetectionRules {
        thresholds = Map.copyOf(thresholds);
    }

    /** The default rules. */
    public static DetectionRules standard(long seed) {
        return new DetectionRules(
                new SpikeRule.Relative(DEFAULT_RATIO),
                DEFAULT_MINIMUM_SHARE,
                Map.of(),
                DEFAULT_CONTROL_FACTOR,
                0,
                DEFAULT_CONTROLS,
                seed);
    }

    /**
     * The rules for a model that reads text, where verdicts go by perplexity, or token ids, where for want of text they go
     * by divergence; without a language-modelling head they go by the vectors of texts or by the hidden state.
     *
     * @throws WrongRequestException if the thresholds do not fall from verdict to verdict, or are perplexity ratios below 1
     */
    public DetectionSettings settings(Architecture architecture, TokenSource source, DetectionBudget budget) {
        if (architecture.head().isEmpty()) {
            return settings(
                    architecture.sentenceEmbedding().isPresent()
                            ? Measure.EMBEDDING_COSINE
                            : Measure.HIDDEN_STATE_CHANGE,
                    budget);
        }
        return settings(source == TokenSource.PROMPTS ? Measure.PERPLEXITY_RATIO : Measure.KL_DIVERGENCE, budget);
    }

    DetectionSettings settings(Measure measure, DetectionBudget budget) {
        return new DetectionSettings(
                measure,
                spikeRule,
                minimumShare,
                thresholds(measure),
                controlFactor,
                maximumCandidates > 0 ? budget.withCandidates(maximumCandidates) : budget,
                controls,
                seed);
    }

    private Thresholds thresholds(Measure measure) {
        Thresholds standard = measure.defaultThresholds();
        double critical = thresholds.getOrDefault(Verdict.CRITICAL, standard.critical());
        double high = thresholds.getOrDefault(Verdict.HIGH, standard.high());
        double moderate = thresholds.getOrDefault(Verdict.MODERATE, standard.moderate());
        if (!(critical >= high && high >= moderate && moderate > 0)) {
            throw new WrongRequestException("the thresholds must fall from --critical (" + critical + ") to --high ("
                    + high + ") to --moderate (" + moderate + "), all above 0");
        }
        if (measure == Measure.PERPLEXITY_RATIO && moderate < 1) {
            throw new WrongRequestException("no threshold may be below 1, as --moderate (" + moderate
                    + ") is: they are perplexity ratios, and 1 is no change");
        }
        return new Thresholds(critical, high, moderate);
    }
}
