package io.github.swscan.ablate;

import java.util.List;

/**
 * What an ablation measured.
 *
 * @param baseline the unedited model
 * @param outcomes one for each variant, in their order
 * @param predictions how many tokens were predicted
 * @param readings how often the checkpoint was read
 */
public record AblationResult(Outcome baseline, List<Outcome> outcomes, int predictions, int readings) {

    public AblationResult {
        outcomes = List.copyOf(outcomes);
    }
}
