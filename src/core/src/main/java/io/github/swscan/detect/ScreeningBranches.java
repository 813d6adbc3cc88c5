package io.github.swscan.detect;

import io.github.swscan.forward.Branch;
import io.github.swscan.forward.DownProjections;
import io.github.swscan.weight.Coordinate;
import io.github.swscan.weight.ScalarEdit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The branches of the screening reading while it goes on: each candidate alone, pairs of related candidates, whole groups
 * of them, and all together. A branch is split off where its last candidate is found, from one in which the earlier ones
 * are gone already, and dropped when a candidate of it has left the pool.
 *
 * <p>What is asked for at a layer among candidates up to there is also asked for at every layer before: pairs are ranked
 * by their weaker member, and others only push out what is weaker. So the branch to split off from is always there. A
 * whole group is the exception: where its best members change, it keeps those it has.
 *
 * <p>Where layers share weights, no branch can be split off behind the first of them: then all branches are {@linkplain
 * #plan planned} when the reading is over, for one more.
 */
final class ScreeningBranches {

    /** Of a group, so many of the best are tested in pairs. */
    private static final int PAIRED = 4;

    private final Branch original;
    private final List<Integer> sequences;
    private final int most;
    private final Map<Set<Coordinate>, Branch> removals = new LinkedHashMap<>();
    private final Map<Relations.Relation, Set<Coordinate>> wholes = new LinkedHashMap<>();
    private Set<Coordinate> all = Set.of();

    /**
     * @param sequences those that candidates are screened on
     * @param most how many branches there may be
     */
    ScreeningBranches(Branch original, List<Integer> sequences, int most) {
        this.original = original;
        this.sequences = sequences;
        this.most = most;
    }

    /** All branches besides the original, by what they remove. */
    Map<Set<Coordinate>, Branch> removals() {
        return Collections.unmodifiableMap(removals);
    }

    /** What was last asked for of each group as a whole, which its members may have left since. */
    Map<Relations.Relation, Set<Coordinate>> wholes() {
        return Collections.unmodifiableMap(wholes);
    }

    /** What the branch without all candidates so far removes; nothing where there are none. */
    Set<Coordinate> all() {
        return all;
    }

    /**
     * Brings the branches up to date at a block where candidates have come into the pool.
     *
     * @param entered those of this block
     * @param pool all of the pool, the highest score first
     * @param groups of the pool
     */
    void update(
            DownProjections site,
            List<Candidate> entered,
            List<Candidate> pool,
            Map<Relations.Relation, List<Coordinate>> groups) {
        Set<Coordinate> here = coordinates(entered);
        Map<Set<Coordinate>, Branch> before = new HashMap<>(removals);
        before.put(Set.of(), original);
        List<Set<Coordinate>> affordable = affordable(here, pool, groups);

        for (Set<Coordinate> experiment : affordable) {
            if (!removals.containsKey(experiment)) {
                Set<Coordinate> earlier = new LinkedHashSet<>(experiment);
                earlier.removeAll(here);
                Branch source = before.get(earlier);
                if (source != null && earlier.size() < experiment.size()) {
                    Branch fork = without(experiment);
                    site.fork(source, fork);
                    removals.put(experiment, fork);
                }
            }
        }
        Set<Set<Coordinate>> kept = Set.copyOf(affordable);
        removals.entrySet().removeIf(removal -> {
            boolean needed = kept.contains(removal.getKey());
            if (!needed) {
                site.drop(removal.getValue());
            }
            return !needed;
        });
    }

    /** Makes the branches for all of the pool at once, to be run from the first layer on. */
    void plan(List<Candidate> pool, Map<Relations.Relation, List<Coordinate>> groups) {
        if (!pool.isEmpty()) {
            affordable(coordinates(pool), pool, groups)
                    .forEach(experiment -> removals.put(experiment, without(experiment)));
        }
    }

    private Branch without(Set<Coordinate> experiment) {
        return new Branch(sequences, experiment.stream().map(ScalarEdit::zero).toList());
    }

    /** What is asked for of the pool, as far as there is room. */
    private List<Set<Coordinate>> affordable(
            Set<Coordinate> here, List<Candidate> pool, Map<Relations.Relation, List<Coordinate>> groups) {
        growWholes(here, groups);
        all = union(all, here);
        Set<Set<Coordinate>> wanted = new LinkedHashSet<>();
        pool.forEach(candidate -> wanted.add(Set.of(candidate.coordinate())));
        wanted.add(all);
        Set<Coordinate> inPool = coordinates(pool);
        wholes.values().stream()
                .filter(whole -> whole.stream().filter(inPool::contains).count() > 1)
                .forEach(wanted::add);
        pairs(pool, groups).forEach(wanted::add);
        return wanted.stream().limit(most).toList();
    }

    /** A whole takes in those of its group's best that are found here. */
    private void growWholes(Set<Coordinate> here, Map<Relations.Relation, List<Coordinate>> groups) {
        groups.forEach((relation, members) -> {
            Set<Coordinate> added = new LinkedHashSet<>(members);
            added.retainAll(here);
            if (!added.isEmpty()) {
                Set<Coordinate> earlier = new LinkedHashSet<>(members);
                earlier.removeAll(here);
                wholes.put(relation, union(wholes.getOrDefault(relation, earlier), added));
            }
        });
    }

    /** Related pairs among the best of each group, those with the higher weaker member first. */
    private static List<Set<Coordinate>> pairs(List<Candidate> pool, Map<Relations.Relation, List<Coordinate>> groups) {
        Map<Coordinate, Double> scores =
                pool.stream().collect(Collectors.toMap(Candidate::coordinate, Candidate::score));
        Map<Set<Coordinate>, Double> pairs = new LinkedHashMap<>();
        for (List<Coordinate> members : groups.values()) {
            List<Coordinate> best = members.subList(0, Math.min(PAIRED, members.size()));
            for (Set<Coordinate> pair : Subsets.ofSize(best, 2)) {
                pairs.put(pair, pair.stream().mapToDouble(scores::get).min().orElseThrow());
            }
        }
        List<Map.Entry<Set<Coordinate>, Double>> ranked = new ArrayList<>(pairs.entrySet());
        ranked.sort(Map.Entry.<Set<Coordinate>, Double>comparingByValue(Comparator.reverseOrder()));
        return ranked.stream().map(Map.Entry::getKey).toList();
    }

    private static Set<Coordinate> coordinates(Collection<Candidate> candidates) {
        return candidates.stream().map(Candidate::coordinate).collect(Collectors.toCollection(LinkedHashSet::new));
    }

    private static Set<Coordinate> union(Set<Coordinate> one, Set<Coordinate> other) {
        Set<Coordinate> union = new LinkedHashSet<>(one);
        union.addAll(other);
        return union;
    }
}
