package io.github.swscan.detect;

import io.github.swscan.effect.Effect;
import io.github.swscan.report.Verdict;
import io.github.swscan.weight.Coordinate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Finds sets of weights that matter together, from the effects of removing many subsets of related candidates. */
final class SetSearch {

    /** The part of the damage that has to go when one member of a joint set is left in. */
    private static final double LOST = 0.5;

    private final Map<Set<Coordinate>, Effect> effects;
    private final Judge judge;

    /** @param effects of removing sets of weights, single ones among them */
    SetSearch(Map<Set<Coordinate>, Effect> effects, Judge judge) {
        this.effects = effects;
        this.judge = judge;
    }

    /**
     * The sets, those of the largest damage first: of the joint ones the strongest that have no member in common, then
     * others; and for a group that does more than its joint sets and its members do, the smallest of its subsets that does
     * as much.
     */
    List<FoundSet> sets(List<RelatedGroup> groups) {
        List<FoundSet> joint = groups.stream()
                .flatMap(group -> group.tested().stream())
                .distinct()
                .filter(this::isJoint)
                .map(members -> found(FoundSet.Kind.JOINT, members))
                .sorted(Comparator.comparingDouble(this::damage).reversed())
                .toList();
        List<FoundSet> gradual = groups.stream()
                .filter(RelatedGroup::sharesPlace)
                .flatMap(group -> gradual(group, joint).stream())
                .sorted(Comparator.comparingDouble(this::damage).reversed())
                .toList();
        List<FoundSet> chosen = new ArrayList<>();
        choose(
                chosen,
                Stream.concat(gradual.stream(), joint.stream()),
                (set, taken) -> Collections.disjoint(set, taken));
        choose(chosen, joint.stream(), (set, taken) -> !set.containsAll(taken) && !taken.containsAll(set));
        chosen.sort(Comparator.comparingDouble(this::damage).reversed());
        return chosen;
    }

    @FunctionalInterface
    private interface Beside {
        boolean mayStand(Set<Coordinate> set, Set<Coordinate> taken);
    }

    private void choose(List<FoundSet> chosen, Stream<FoundSet> sets, Beside rule) {
        sets.sorted(Comparator.comparingDouble(this::damage).reversed()).forEach(set -> {
            boolean stands = chosen.stream()
                    .allMatch(taken -> rule.mayStand(Set.copyOf(set.members()), Set.copyOf(taken.members())));
            if (chosen.size() < FoundSet.MOST && stands) {
                chosen.add(set);
            }
        });
    }

    private double damage(FoundSet set) {
        return judge.damage(set.effect());
    }

    /** A member whose removal does damage beyond all numbers cannot be half of anything. */
    private boolean isJoint(Set<Coordinate> members) {
        Effect together = effects.get(members);
        return together != null
                && measuredAlone(members)
                && judge.verdict(together) != Verdict.HARMLESS
                && leftIn(members)
                        .filter(all ->
                                all.stream().allMatch(effect -> judge.damage(effect) <= LOST * judge.damage(together)))
                        .isPresent();
    }

    private boolean measuredAlone(Set<Coordinate> members) {
        return members.stream().allMatch(member -> effects.containsKey(Set.of(member)));
    }

    /** The effects of removing all but each member; empty if one was not measured. */
    private Optional<List<Effect>> leftIn(Set<Coordinate> members) {
        List<Effect> leftIn = new ArrayList<>();
        for (Coordinate member : members) {
            Effect effect = effects.get(Subsets.without(members, member));
            if (effect == null) {
                return Optional.empty();
            }
            leftIn.add(effect);
        }
        return Optional.of(leftIn);
    }

    /** Where two do as much without being joint, they add up, and what stands beside them does nothing. */
    private Optional<FoundSet> gradual(RelatedGroup group, List<FoundSet> joint) {
        Set<Coordinate> whole = new LinkedHashSet<>(group.members());
        Effect together = effects.get(whole);
        if (together == null || !measuredAlone(whole) || judge.verdict(together) == Verdict.HARMLESS) {
            return Optional.empty();
        }
        Verdict verdict = judge.verdict(together);
        boolean explained = Stream.concat(
                        joint.stream()
                                .filter(set -> whole.containsAll(set.members()))
                                .map(FoundSet::effect),
                        whole.stream().map(member -> effects.get(Set.of(member))))
                .anyMatch(effect -> judge.verdict(effect).isAtLeast(verdict));
        if (explained) {
            return Optional.empty();
        }
        return group.tested().stream()
                .filter(effects::containsKey)
                .filter(subset -> judge.verdict(effects.get(subset)).isAtLeast(verdict))
                .filter(subset -> leftIn(subset).isPresent())
                .min(Comparator.comparingInt((Set<Coordinate> subset) -> subset.size())
                        .thenComparingDouble(subset -> -judge.damage(effects.get(subset))))
                .filter(subset -> subset.size() > 2)
                .map(subset -> found(FoundSet.Kind.GRADUAL, subset));
    }

    /** Members in the order of what leaving each in takes away, the most first. */
    private FoundSet found(FoundSet.Kind kind, Set<Coordinate> members) {
        List<Coordinate> ordered = new ArrayList<>(members);
        ordered.sort(Comparator.comparingDouble((Coordinate member) -> judge.damage(leaving(members, member)))
                .thenComparing(member -> -judge.damage(effects.get(Set.of(member)))));
        return new FoundSet(
                kind,
                ordered,
                effects.get(members),
                ordered.stream().map(member -> effects.get(Set.of(member))).toList(),
                ordered.stream().map(member -> leaving(members, member)).toList());
    }

    private Effect leaving(Set<Coordinate> members, Coordinate member) {
        return effects.get(Subsets.without(members, member));
    }
}
