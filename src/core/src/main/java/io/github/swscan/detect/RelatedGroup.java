package io.github.swscan.detect;

import io.github.swscan.effect.Effect;
import io.github.swscan.weight.Coordinate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Related candidates of which some may do together what none does alone.
 *
 * @param members two to {@link Relations#MOST_MEMBERS}, the highest score first
 * @param promise how much more, in nats of divergence, some of them did together in the screening than any did alone
 * @param promising those of them
 */
record RelatedGroup(Relations.Relation relation, List<Coordinate> members, double promise, Set<Coordinate> promising) {

    /** Less is within what texts of the length of a screening differ by. */
    private static final double LEAST_PROMISE = 0.025;

    private static final int MOST_GROUPS = 4;

    private static final int MOST_GROUPS_THOROUGH = 8;

    /** Of groups larger than this, not all subsets are tested. */
    private static final int ALL_SUBSETS = 4;

    /** The groups worth a closer look, those that promise most first, and the smaller first where they promise the same. */
    static List<RelatedGroup> promising(
            Map<Relations.Relation, List<Coordinate>> groups, Map<Set<Coordinate>, Effect> screened) {
        List<RelatedGroup> ranked = new ArrayList<>();
        groups.forEach((relation, members) -> of(relation, members, screened).ifPresent(ranked::add));
        return best(ranked, MOST_GROUPS);
    }

    /**
     * The same with room for more, so that a group is also looked at for what it promised when it had other members.
     *
     * @param wholes what was screened of each group, which members may have left since
     */
    static List<RelatedGroup> promisingThoroughly(
            Map<Relations.Relation, List<Coordinate>> groups,
            Map<Set<Coordinate>, Effect> screened,
            Map<Relations.Relation, Set<Coordinate>> wholes) {
        List<RelatedGroup> ranked = new ArrayList<>();
        groups.forEach((relation, members) -> {
            of(relation, members, screened).ifPresent(ranked::add);
            Optional.ofNullable(wholes.get(relation))
                    .flatMap(whole -> ofWhole(relation, members, whole, screened))
                    .ifPresent(ranked::add);
        });
        return best(ranked, MOST_GROUPS_THOROUGH);
    }

    private static List<RelatedGroup> best(List<RelatedGroup> ranked, int most) {
        ranked.sort(Comparator.comparingDouble(RelatedGroup::promise).reversed().thenComparing(group -> group.members()
                .size()));
        List<RelatedGroup> kept = new ArrayList<>();
        for (RelatedGroup group : ranked) {
            boolean tested = kept.stream().anyMatch(other -> other.tested().contains(group.promising()));
            if (kept.size() < most && !tested) {
                kept.add(group);
            }
        }
        return kept;
    }

    private static Optional<RelatedGroup> of(
            Relations.Relation relation, List<Coordinate> members, Map<Set<Coordinate>, Effect> screened) {
        Set<Coordinate> all = Set.copyOf(members);
        // Of members that only others connect, more must be seen than parts of them show, which are groups themselves.
        int parts = relation instanceof Relations.Connected ? members.size() - 1 : 1;
        double alone = screened.entrySet().stream()
                .filter(entry -> entry.getKey().size() <= parts && all.containsAll(entry.getKey()))
                .mapToDouble(entry -> entry.getValue().change())
                .max()
                .orElse(0);
        return screened.entrySet().stream()
                .filter(entry -> entry.getKey().size() > 1 && all.containsAll(entry.getKey()))
                .max(Map.Entry.comparingByValue(Comparator.comparingDouble(Effect::change)))
                .map(best -> new RelatedGroup(
                        relation, members, best.getValue().change() - alone, inOrder(members, best.getKey())))
                .filter(group -> group.promise() >= LEAST_PROMISE);
    }

    /** Of all members, by what a whole did of which some are no longer members. */
    private static Optional<RelatedGroup> ofWhole(
            Relations.Relation relation,
            List<Coordinate> members,
            Set<Coordinate> whole,
            Map<Set<Coordinate>, Effect> screened) {
        if (!screened.containsKey(whole) || members.containsAll(whole)) {
            return Optional.empty();
        }
        double alone = whole.stream()
                .map(member -> screened.get(Set.of(member)))
                .filter(Objects::nonNull)
                .mapToDouble(Effect::change)
                .max()
                .orElse(0);
        return Optional.of(new RelatedGroup(
                        relation, members, screened.get(whole).change() - alone, new LinkedHashSet<>(members)))
                .filter(group -> group.promise() >= LEAST_PROMISE);
    }

    private static Set<Coordinate> inOrder(List<Coordinate> members, Set<Coordinate> subset) {
        Set<Coordinate> ordered = new LinkedHashSet<>(members);
        ordered.retainAll(subset);
        return ordered;
    }

    /**
     * The subsets of two or more that are tested: all; of more than four members the whole, all but one, the four best
     * and their triples, all pairs, and those that share a row, a column or a matrix.
     */
    Set<Set<Coordinate>> tested() {
        Set<Set<Coordinate>> tested = new LinkedHashSet<>();
        int size = members.size();
        tested.add(new LinkedHashSet<>(members));
        tested.add(promising);
        if (size <= ALL_SUBSETS) {
            for (int i = size - 1; i >= 2; i--) {
                tested.addAll(Subsets.ofSize(members, i));
            }
            return tested;
        }
        tested.addAll(Subsets.ofSize(members, size - 1));
        tested.addAll(Subsets.ofSize(members, 2));
        List<Coordinate> best = members.subList(0, ALL_SUBSETS);
        tested.add(new LinkedHashSet<>(best));
        tested.addAll(Subsets.ofSize(best, 3));
        for (Function<Coordinate, Object> shared :
                List.<Function<Coordinate, Object>>of(Coordinate::row, Coordinate::matrix, Relations.SameColumn::of)) {
            members.stream()
                    .collect(Collectors.groupingBy(shared, Collectors.toCollection(LinkedHashSet::new)))
                    .values()
                    .stream()
                    .filter(subset -> subset.size() > 1)
                    .forEach(tested::add);
        }
        return tested;
    }

    /** Whether its members share a row, a column or a layer. */
    boolean sharesPlace() {
        return !(relation instanceof Relations.Fed) && !(relation instanceof Relations.Connected);
    }
}
