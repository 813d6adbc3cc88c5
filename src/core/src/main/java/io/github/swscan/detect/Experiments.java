package io.github.swscan.detect;

import io.github.swscan.weight.Coordinate;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Which sets of weights are removed to prove candidates. */
final class Experiments {

    private Experiments() {}

    /**
     * Each candidate alone; each group; and each group but one member, which shows what comes back when only that one is
     * put back.
     */
    static Set<Set<Coordinate>> proving(List<Candidate> candidates) {
        Set<Set<Coordinate>> experiments = new LinkedHashSet<>();
        candidates.forEach(candidate -> experiments.add(Set.of(candidate.coordinate())));
        for (Set<Coordinate> group : Groups.of(independent(candidates)).members()) {
            experiments.add(group);
            group.forEach(member -> experiments.add(without(group, member)));
        }
        return experiments;
    }

    static List<Candidate> independent(List<Candidate> candidates) {
        return candidates.stream()
                .filter(candidate -> candidate.kind() == Candidate.Kind.INDEPENDENT)
                .toList();
    }

    static Set<Coordinate> without(Set<Coordinate> group, Coordinate member) {
        Set<Coordinate> rest = new LinkedHashSet<>(group);
        rest.remove(member);
        return rest;
    }
}
