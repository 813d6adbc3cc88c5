package io.github.swscan.detect;

import io.github.swscan.architecture.Matrix;
import io.github.swscan.weight.Coordinate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Which candidates may stand in for one another: they write the same residual channel, in whatever layers, read the same
 * input channel of one matrix, are connected by such, stand in the same layer, or one makes the input of the others.
 */
final class Relations {

    /** Of a group, the best are tested together. */
    static final int MOST_MEMBERS = 6;

    private final Map<Coordinate, Set<Coordinate>> fed = new LinkedHashMap<>();

    /** Why candidates are in one group. */
    sealed interface Relation {}

    /**
     * They write the same residual channel, or that of a narrower vector in the same layer.
     *
     * @param narrow the layer of the narrower vector
     */
    record SameRow(OptionalInt narrow, int row) implements Relation {

        /** A channel of the residual stream. */
        SameRow(int row) {
            this(OptionalInt.empty(), row);
        }

        static SameRow of(Candidate candidate) {
            return new SameRow(
                    candidate.writesStream() ? OptionalInt.empty() : OptionalInt.of(candidate.layer()),
                    candidate.coordinate().row());
        }
    }

    /** They read the same input channel of one matrix. */
    record SameColumn(Matrix matrix, int column) implements Relation {

        /** That of a weight. */
        static SameColumn of(Coordinate weight) {
            return new SameColumn(weight.matrix(), weight.column());
        }
    }

    /** They stand in the same layer. */
    record SameLayer(int layer) implements Relation {}

    /** The input of the others goes away with the first. */
    record Fed(Coordinate by) implements Relation {}

    /** One leads to another by shared rows and columns. */
    record Connected(Coordinate first) implements Relation {}

    /** Notes that a candidate's input goes away when an earlier one is removed. */
    void feeds(Coordinate earlier, Coordinate later) {
        fed.computeIfAbsent(earlier, missing -> new LinkedHashSet<>()).add(later);
    }

    /**
     * The groups of two or more among some candidates.
     *
     * @param candidates the highest score first, in which order members stand
     */
    Map<Relation, List<Coordinate>> groups(Collection<Candidate> candidates) {
        Map<Relation, List<Coordinate>> groups = new LinkedHashMap<>();
        for (Candidate candidate : candidates) {
            Coordinate coordinate = candidate.coordinate();
            for (Relation relation :
                    List.of(SameRow.of(candidate), SameColumn.of(coordinate), new SameLayer(candidate.layer()))) {
                groups.computeIfAbsent(relation, missing -> new ArrayList<>()).add(coordinate);
            }
            fed.forEach((earlier, later) -> {
                if (earlier.equals(coordinate) || later.contains(coordinate)) {
                    groups.computeIfAbsent(new Fed(earlier), missing -> new ArrayList<>())
                            .add(coordinate);
                }
            });
        }
        connected(candidates).forEach(members -> {
            Candidate first = members.stream()
                    .min(Comparator.comparingInt(Candidate::layer))
                    .orElseThrow();
            groups.put(
                    new Connected(first.coordinate()),
                    members.stream().map(Candidate::coordinate).toList());
        });
        groups.values().removeIf(members -> members.size() < 2);
        groups.replaceAll((relation, members) -> members.subList(0, Math.min(MOST_MEMBERS, members.size())));
        return groups;
    }

    /** Parts of the candidates that shared rows and columns connect, members in the order of the candidates. */
    private static List<List<Candidate>> connected(Collection<Candidate> candidates) {
        List<List<Candidate>> parts = new ArrayList<>();
        for (Candidate candidate : candidates) {
            List<Candidate> joined = new ArrayList<>();
            for (List<Candidate> part : List.copyOf(parts)) {
                if (part.stream().anyMatch(member -> sharesRowOrColumn(member, candidate))) {
                    joined.addAll(part);
                    parts.remove(part);
                }
            }
            joined.add(candidate);
            joined.sort(Comparator.comparingDouble(Candidate::score).reversed());
            parts.add(joined);
        }
        return parts;
    }

    private static boolean sharesRowOrColumn(Candidate one, Candidate other) {
        return SameRow.of(one).equals(SameRow.of(other))
                || SameColumn.of(one.coordinate()).equals(SameColumn.of(other.coordinate()));
    }
}
