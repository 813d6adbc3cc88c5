package io.github.swscan.detect;

import io.github.swscan.weight.Coordinate;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Candidates that back each other up: they write the same residual channel, or read the same input channel of the same
 * tensor, directly or through others. Each alone may look harmless while the removal of all is a catastrophe.
 *
 * @param members of every group of two or more, in the order in which they were found
 */
record Groups(List<Set<Coordinate>> members) {

    static Groups of(List<Candidate> candidates) {
        List<Set<Candidate>> groups = new ArrayList<>();
        for (Candidate candidate : candidates) {
            Set<Candidate> joined = new LinkedHashSet<>();
            List<Set<Candidate>> others = new ArrayList<>();
            for (Set<Candidate> group : groups) {
                if (group.stream().anyMatch(member -> backUp(member, candidate))) {
                    joined.addAll(group);
                } else {
                    others.add(group);
                }
            }
            joined.add(candidate);
            others.add(joined);
            groups = others;
        }
        return new Groups(groups.stream()
                .filter(group -> group.size() > 1)
                .map(group -> coordinates(List.copyOf(group)))
                .toList());
    }

    /** The group of a candidate, if it is in one. */
    Optional<Set<Coordinate>> of(Coordinate coordinate) {
        return members.stream().filter(group -> group.contains(coordinate)).findFirst();
    }

    static Set<Coordinate> coordinates(List<Candidate> candidates) {
        Set<Coordinate> coordinates = new LinkedHashSet<>();
        candidates.forEach(candidate -> coordinates.add(candidate.coordinate()));
        return coordinates;
    }

    private static boolean backUp(Candidate one, Candidate other) {
        Coordinate a = one.coordinate();
        Coordinate b = other.coordinate();
        return a.row() == b.row() || (a.matrix().equals(b.matrix()) && a.column() == b.column());
    }
}
