package io.github.swscan.detect;

import io.github.swscan.effect.Measure;
import io.github.swscan.effect.Thresholds;

/**
 * The rules of a detection.
 *
 * @param measure what verdicts go by
 * @param minimumShare the contribution share from which on a spike counts as made by one weight
 * @param thresholds what verdicts ask for
 * @param controlFactor how many times the control's effect a super weight's must be
 * @param budget how much is computed
 * @param controls how many control weights there are for each candidate
 * @param seed of the random choices
 */
public record DetectionSettings(
        Measure measure,
        SpikeRule spikeRule,
        double minimumShare,
        Thresholds thresholds,
        double controlFactor,
        DetectionBudget budget,
        int controls,
        long seed) {}
