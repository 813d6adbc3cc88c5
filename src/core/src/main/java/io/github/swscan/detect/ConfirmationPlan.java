package io.github.swscan.detect;

import io.github.swscan.effect.Effect;
import io.github.swscan.weight.Coordinate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the second reading measures, and what of it there is no room for.
 *
 * @param leftOut how many experiments there was no room for
 */
record ConfirmationPlan(Set<Experiment> experiments, int leftOut) {

    /** How many of the strongest are measured before all else. */
    private static final int FIRST = 4;

    /** How many of the strongest have their signs turned. */
    private static final int FLIPPED = 4;

    /**
     * Chooses the experiments. The order in which they are given room: the strongest alone; the control; the next ones
     * alone and the sign of the first turned; of each group what its promise rests on; all of each group; the others alone; more signs; all
     * independent candidates together.
     *
     * @param candidates all that were screened
     * @param independent those of them that stand for themselves
     * @param control the weights that the control removes
     * @param most how many experiments there is room for
     */
    static ConfirmationPlan of(
            Collection<Coordinate> candidates,
            Map<Set<Coordinate>, Effect> screened,
            List<RelatedGroup> groups,
            Set<Coordinate> independent,
            Set<Coordinate> control,
            int most) {
        List<Coordinate> strongest = candidates.stream()
                .filter(candidate -> screened.containsKey(Set.of(candidate)))
                .sorted(Comparator.comparingDouble((Coordinate candidate) ->
                                screened.get(Set.of(candidate)).change())
                        .reversed())
                .toList();
        List<Coordinate> first = strongest.subList(0, Math.min(FIRST, strongest.size()));
        List<Coordinate> flipped = strongest.subList(0, Math.min(FLIPPED, strongest.size()));
        Room room = new Room(most);
        first.stream().limit(1).forEach(room::takeAlone);
        if (!control.isEmpty()) {
            room.take(Set.of(Experiment.removed(control)));
        }
        first.forEach(room::takeAlone);
        flipped.stream().limit(1).forEach(weight -> room.take(Set.of(Experiment.flipped(weight))));
        groups.forEach(room::takePromise);
        groups.forEach(room::takeGroup);
        strongest.forEach(room::takeAlone);
        flipped.forEach(weight -> room.take(Set.of(Experiment.flipped(weight))));
        if (!independent.isEmpty()) {
            room.take(Set.of(Experiment.removed(independent)));
        }
        return new ConfirmationPlan(room.taken, room.refused.size());
    }

    private static final class Room {

        private final int most;
        private final Set<Experiment> taken = new LinkedHashSet<>();
        private final Set<Experiment> refused = new LinkedHashSet<>();

        Room(int most) {
            this.most = most;
        }

        void takeAlone(Coordinate weight) {
            take(Set.of(Experiment.removed(Set.of(weight))));
        }

        /** What proves or disproves that the promising subset is a set. */
        void takePromise(RelatedGroup group) {
            List<Experiment> wanted = new ArrayList<>();
            wanted.add(Experiment.removed(group.promising()));
            for (Coordinate member : group.promising()) {
                wanted.add(Experiment.removed(Set.of(member)));
                wanted.add(Experiment.removed(Subsets.without(group.promising(), member)));
            }
            take(wanted);
        }

        void takeGroup(RelatedGroup group) {
            List<Experiment> wanted = new ArrayList<>();
            group.members().forEach(member -> wanted.add(Experiment.removed(Set.of(member))));
            group.tested().forEach(subset -> wanted.add(Experiment.removed(subset)));
            take(wanted);
        }

        /** Takes all or nothing. */
        void take(Collection<Experiment> wanted) {
            Set<Experiment> added = new LinkedHashSet<>(wanted);
            added.removeAll(taken);
            boolean fits = taken.size() + added.size() <= most;
            (fits ? taken : refused).addAll(added);
            refused.removeAll(taken);
        }
    }
}
