package io.github.swscan.scan;

/**
 * What an ablation is going to take.
 *
 * @param variants how many run side by side with the unedited model
 * @param readings how often the checkpoint is read for them
 * @param furtherReadings how often at most for texts that go on
 */
public record AblationPlan(int variants, int readings, int furtherReadings) {}
