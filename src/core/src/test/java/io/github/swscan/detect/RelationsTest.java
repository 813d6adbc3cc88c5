package io.github.swscan.detect;

import static io.github.swscan.detect.Samples.candidate;
import static io.github.swscan.detect.Samples.weight;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.architecture.Matrix;
import io.github.swscan.detect.Relations.Connected;
import io.github.swscan.detect.Relations.Fed;
import io.github.swscan.detect.Relations.Relation;
import io.github.swscan.detect.Relations.SameColumn;
import io.github.swscan.detect.Relations.SameLayer;
import io.github.swscan.detect.Relations.SameRow;
import io.github.swscan.weight.Coordinate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class RelationsTest {

    private final Relations relations = new Relations();

    @Test
    void whoSharesNothingIsInNoGroup() {
        assertThat(relations.groups(List.of(candidate(0, 1, 1, 3), candidate(1, 2, 1, 2), candidate(2, 3, 1, 1))))
                .isEmpty();
    }

    @Test
    void aRowIsSharedAcrossLayers() {
        assertThat(relations.groups(List.of(candidate(4, 7, 1, 2), candidate(0, 7, 3, 1))))
                .containsOnly(
                        Map.entry(new SameRow(7), List.of(weight(4, 7, 1), weight(0, 7, 3))),
                        Map.entry(new Connected(weight(0, 7, 3)), List.of(weight(4, 7, 1), weight(0, 7, 3))));
    }

    @Test
    void aColumnIsSharedWithinAMatrixOnly() {
        assertThat(relations.groups(List.of(candidate(0, 1, 5, 3), candidate(0, 2, 5, 2), candidate(1, 3, 5, 1))))
                .containsOnly(
                        Map.entry(SameColumn.of(weight(0, 0, 5)), List.of(weight(0, 1, 5), weight(0, 2, 5))),
                        Map.entry(new SameLayer(0), List.of(weight(0, 1, 5), weight(0, 2, 5))),
                        Map.entry(new Connected(weight(0, 1, 5)), List.of(weight(0, 1, 5), weight(0, 2, 5))));
    }

    @Test
    void columnsOfTwoExpertsOfALayerAreTwo() {
        Candidate one = candidate(0, 1, 5, 2);
        Candidate other = new Candidate(
                0,
                one.expert(),
                new Coordinate(new Matrix("another"), 2, 5),
                true,
                one.value(),
                one.input(),
                one.output(),
                1,
                1,
                1);

        assertThat(relations.groups(List.of(one, other)))
                .containsOnly(Map.entry(new SameLayer(0), List.of(one.coordinate(), other.coordinate())));
    }

    @Test
    void whoMakesTheInputOfOthersIsInAGroupWithThem() {
        relations.feeds(weight(0, 1, 1), weight(2, 2, 2));
        relations.feeds(weight(0, 1, 1), weight(3, 3, 3));

        assertThat(relations.groups(List.of(
                        candidate(3, 3, 3, 4), candidate(1, 9, 9, 3), candidate(0, 1, 1, 2), candidate(2, 2, 2, 1))))
                .containsOnly(Map.entry(
                        new Fed(weight(0, 1, 1)), List.of(weight(3, 3, 3), weight(0, 1, 1), weight(2, 2, 2))));
    }

    @Test
    void rowsAndColumnsConnectThoseThatShareNothingThemselves() {
        assertThat(relations.groups(List.of(candidate(1, 1, 5, 3), candidate(0, 2, 6, 2), candidate(1, 2, 5, 1))))
                .containsEntry(
                        new Connected(weight(0, 2, 6)), List.of(weight(1, 1, 5), weight(0, 2, 6), weight(1, 2, 5)));
    }

    /** Weights of three layers in rows and columns so few that many are shared, the best first. */
    @Provide
    Arbitrary<List<Candidate>> candidates() {
        Arbitrary<Integer> small = Arbitraries.integers().between(0, 4);
        return Combinators.combine(Arbitraries.integers().between(0, 2), small, small)
                .as(Samples::weight)
                .set()
                .ofMaxSize(16)
                .map(List::copyOf)
                .flatMap(Arbitraries::shuffle)
                .map(weights -> IntStream.range(0, weights.size())
                        .mapToObj(i -> {
                            Coordinate weight = weights.get(i);
                            int layer = Integer.parseInt(weight.tensor().split("\\.", -1)[1]);
                            return candidate(layer, weight.row(), weight.column(), weights.size() - i);
                        })
                        .toList());
    }

    @Property(tries = 500, seed = "3")
    void groupsAreTheBestSixOfAllThatAreRelated(@ForAll("candidates") List<Candidate> candidates) {
        Relations random = new Relations();
        Map<Coordinate, Set<Coordinate>> fed = new LinkedHashMap<>();
        for (Candidate earlier : candidates) {
            for (Candidate later : candidates) {
                if (earlier.layer() < later.layer()
                        && (earlier.coordinate().column() + later.coordinate().row()) % 4 == 0) {
                    random.feeds(earlier.coordinate(), later.coordinate());
                    fed.computeIfAbsent(earlier.coordinate(), missing -> new LinkedHashSet<>())
                            .add(later.coordinate());
                }
            }
        }
        Map<Relation, List<Coordinate>> expected = new LinkedHashMap<>();
        for (Candidate one : candidates) {
            Coordinate weight = one.coordinate();
            put(
                    expected,
                    new SameRow(weight.row()),
                    candidates,
                    other -> other.coordinate().row() == weight.row());
            put(expected, SameColumn.of(weight), candidates, other -> sharesColumn(other.coordinate(), weight));
            put(expected, new SameLayer(one.layer()), candidates, other -> other.layer() == one.layer());
            if (fed.containsKey(weight)) {
                put(
                        expected,
                        new Fed(weight),
                        candidates,
                        other -> other.equals(one) || fed.get(weight).contains(other.coordinate()));
            }
        }
        for (Set<Candidate> part : parts(candidates)) {
            int first = part.stream().mapToInt(Candidate::layer).min().orElseThrow();
            Coordinate name = candidates.stream()
                    .filter(part::contains)
                    .filter(member -> member.layer() == first)
                    .findFirst()
                    .orElseThrow()
                    .coordinate();
            put(expected, new Connected(name), candidates, part::contains);
        }

        assertThat(random.groups(candidates)).isEqualTo(expected);
    }

    private static void put(
            Map<Relation, List<Coordinate>> groups,
            Relation relation,
            List<Candidate> candidates,
            Predicate<Candidate> isMember) {
        List<Coordinate> members =
                candidates.stream().filter(isMember).map(Candidate::coordinate).toList();
        if (members.size() > 1) {
            groups.put(relation, members.subList(0, Math.min(6, members.size())));
        }
    }

    /** What shared rows and columns connect, each found by going on from one candidate as far as it goes. */
    private static List<Set<Candidate>> parts(List<Candidate> candidates) {
        List<Set<Candidate>> parts = new ArrayList<>();
        for (Candidate start : candidates) {
            if (parts.stream().noneMatch(part -> part.contains(start))) {
                Set<Candidate> part = new LinkedHashSet<>(Set.of(start));
                boolean grows = true;
                while (grows) {
                    Set<Candidate> seen = Set.copyOf(part);
                    grows = part.addAll(candidates.stream()
                            .filter(candidate -> seen.stream()
                                    .anyMatch(member -> member.coordinate().row()
                                                    == candidate.coordinate().row()
                                            || sharesColumn(member.coordinate(), candidate.coordinate())))
                            .toList());
                }
                parts.add(part);
            }
        }
        return parts;
    }

    private static boolean sharesColumn(Coordinate one, Coordinate other) {
        return one.matrix().equals(other.matrix()) && one.column() == other.column();
    }
}
