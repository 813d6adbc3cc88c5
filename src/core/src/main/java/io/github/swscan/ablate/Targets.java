package io.github.swscan.ablate;

import io.github.swscan.weight.StoredWeight;
import io.github.swscan.weight.Target;
import java.util.List;

/**
 * What an ablation is about.
 *
 * @param targets at least one; the variants call them by their places in this list, from 1
 * @param sets weights that a detection found to act together, the strongest set first; their members need not be targets
 */
public record Targets(List<Target> targets, List<List<StoredWeight>> sets) {

    public Targets {
        targets = List.copyOf(targets);
        sets = sets.stream().map(List::copyOf).toList();
    }

    /** Without sets. */
    public static Targets of(List<? extends Target> targets) {
        return new Targets(List.copyOf(targets), List.of());
    }

    /** Whether a whole row or column is among them. */
    public boolean hasLines() {
        return targets.stream().anyMatch(target -> !(target instanceof StoredWeight));
    }
}
