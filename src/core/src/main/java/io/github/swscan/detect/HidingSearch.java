package io.github.swscan.detect;

import io.github.swscan.effect.Effect;
import io.github.swscan.report.Verdict;
import io.github.swscan.weight.Coordinate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Finds pairs of which one hides what the other does: the damage of the pair is less than that of the stronger alone. */
final class HidingSearch {

    /** What is left of the damage, at most. */
    private static final double LEFT = 0.8;

    private static final int MOST = 3;

    private final Map<Set<Coordinate>, Effect> effects;
    private final Judge judge;

    HidingSearch(Map<Set<Coordinate>, Effect> effects, Judge judge) {
        this.effects = effects;
        this.judge = judge;
    }

    private record Found(Detection.Hiding pair, double hidden) {}

    /** Those that hide most, the most first. */
    List<Detection.Hiding> pairs() {
        List<Found> found = new ArrayList<>();
        effects.forEach((pair, together) -> {
            if (pair.size() == 2) {
                stronger(pair)
                        .filter(member -> hides(together, effects.get(Set.of(member))))
                        .ifPresent(member -> found.add(found(pair, member, together)));
            }
        });
        found.sort(Comparator.comparingDouble(Found::hidden).reversed());
        return found.stream().limit(MOST).map(Found::pair).toList();
    }

    /** The member that does most alone; empty where none was measured. */
    private Optional<Coordinate> stronger(Set<Coordinate> pair) {
        return pair.stream()
                .filter(member -> effects.containsKey(Set.of(member)))
                .max(Comparator.comparingDouble(member -> judge.damage(effects.get(Set.of(member)))));
    }

    private boolean hides(Effect together, Effect alone) {
        return judge.verdict(alone) != Verdict.HARMLESS && judge.damage(together) <= LEFT * judge.damage(alone);
    }

    private Found found(Set<Coordinate> pair, Coordinate stronger, Effect together) {
        Coordinate weaker = Subsets.without(pair, stronger).iterator().next();
        return new Found(
                new Detection.Hiding(stronger, weaker),
                judge.damage(effects.get(Set.of(stronger))) - judge.damage(together));
    }
}
