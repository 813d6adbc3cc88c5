package io.github.swscan.detect;

import static io.github.swscan.detect.Samples.effect;
import static io.github.swscan.detect.Samples.weight;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.swscan.detect.Relations.Connected;
import io.github.swscan.detect.Relations.Fed;
import io.github.swscan.detect.Relations.Relation;
import io.github.swscan.detect.Relations.SameColumn;
import io.github.swscan.detect.Relations.SameLayer;
import io.github.swscan.detect.Relations.SameRow;
import io.github.swscan.effect.Effect;
import io.github.swscan.weight.Coordinate;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RelatedGroupTest {

    private static final List<Coordinate> ABC = Samples.row(3);
    private static final Coordinate A = ABC.get(0);
    private static final Coordinate B = ABC.get(1);
    private static final Coordinate C = ABC.get(2);

    private final Map<Set<Coordinate>, Effect> screened = new LinkedHashMap<>();

    private void screened(double nats, Coordinate... removed) {
        screened.put(Set.of(removed), effect(nats));
    }

    private List<RelatedGroup> promising(Relation relation, List<Coordinate> members) {
        return RelatedGroup.promising(Map.of(relation, members), screened);
    }

    @Test
    void promisesWhatItsStrongestSubsetDoesBeyondItsStrongestMember() {
        screened(0.2, A);
        screened(0.1, B);
        screened(0.7, A, C);
        screened(0.5, A, B, C);
        screened(9, A, B, weight(5, 5, 5));

        assertThat(promising(new SameRow(0), ABC)).singleElement().satisfies(group -> {
            assertThat(group.promise()).isCloseTo(0.5, within(1e-9));
            assertThat(group.promising()).isEqualTo(Set.of(A, C));
            assertThat(group.members()).isEqualTo(ABC);
        });
    }

    @Test
    void ofConnectedMembersMoreMustBeSeenThanOfPartsOfThem() {
        screened(0.1, A);
        screened(0.5, A, B);
        screened(0.6, A, B, C);

        assertThat(promising(new Connected(A), ABC)).singleElement().satisfies(group -> assertThat(group.promise())
                .isCloseTo(0.1, within(1e-9)));
        assertThat(promising(new SameRow(0), ABC)).singleElement().satisfies(group -> assertThat(group.promise())
                .isCloseTo(0.5, within(1e-9)));
    }

    @Test
    void whatTextsDifferByIsNoPromise() {
        screened(0.1, A);
        screened(0.1249, A, B);
        assertThat(promising(new SameRow(0), ABC)).isEmpty();

        screened(0.1251, A, B);
        assertThat(promising(new SameRow(0), ABC)).hasSize(1);
    }

    @Test
    void aGroupOfWhichNothingTogetherWasScreenedPromisesNothing() {
        screened(5, A);

        assertThat(promising(new SameRow(0), ABC)).isEmpty();
    }

    @Test
    void damageBeyondAllNumbersIsAPromiseUnlessOneDoesItAlone() {
        screened(Double.MAX_VALUE, A, B);
        assertThat(promising(new SameRow(0), ABC)).hasSize(1);

        screened(Double.MAX_VALUE, C);
        assertThat(promising(new SameRow(0), ABC)).isEmpty();
    }

    @Test
    void theFourThatPromiseMostAreKept() {
        Map<Relation, List<Coordinate>> groups = new LinkedHashMap<>();
        for (int row : new int[] {3, 1, 5, 2, 4}) {
            Coordinate one = weight(0, row, 0);
            Coordinate other = weight(1, row, 1);
            groups.put(new SameRow(row), List.of(one, other));
            screened(row, one, other);
        }

        assertThat(RelatedGroup.promising(groups, screened))
                .extracting(RelatedGroup::relation)
                .containsExactly(new SameRow(5), new SameRow(4), new SameRow(3), new SameRow(2));
    }

    @Test
    void ofGroupsThatPromiseTheSameTheSmallerIsKeptForTheOther() {
        screened(1, A, B);
        Map<Relation, List<Coordinate>> groups = new LinkedHashMap<>();
        groups.put(new SameLayer(0), ABC);
        groups.put(new SameRow(0), List.of(A, B));

        assertThat(RelatedGroup.promising(groups, screened))
                .extracting(RelatedGroup::relation)
                .containsExactly(new SameRow(0));
    }

    @Test
    void aGroupThatPromisesBySomethingElseIsKeptBeside() {
        screened(1, A, B);
        screened(2, A, B, C);
        Map<Relation, List<Coordinate>> groups = new LinkedHashMap<>();
        groups.put(new SameRow(0), List.of(A, B));
        groups.put(SameColumn.of(weight(0, 0, 0)), List.of(A, weight(0, 1, 0)));
        screened(0.5, A, weight(0, 1, 0));

        assertThat(RelatedGroup.promising(groups, screened))
                .extracting(RelatedGroup::relation)
                .containsExactlyElementsOf(groups.keySet());
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4})
    void allSubsetsOfUpToFourAreTested(int size) {
        List<Coordinate> members = Samples.row(size);
        Set<Set<Coordinate>> expected = new HashSet<>();
        IntStream.rangeClosed(2, size).forEach(count -> expected.addAll(Subsets.ofSize(members, count)));

        assertThat(group(members).tested()).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(ints = {5, 6})
    void ofMoreAreTestedTheWholeAllButEachPairsTheBestFourAndWhatSharesAPlace(int size) {
        List<Coordinate> members = IntStream.range(0, size)
                .mapToObj(i -> i < 3 ? weight(i, 0, i) : weight(7, i, i == 3 ? 1 : 2))
                .toList();
        List<Coordinate> best = members.subList(0, 4);
        Set<Set<Coordinate>> expected = new HashSet<>();
        expected.add(Set.copyOf(members));
        expected.addAll(Subsets.ofSize(members, size - 1));
        expected.addAll(Subsets.ofSize(members, 2));
        expected.add(Set.copyOf(best));
        expected.addAll(Subsets.ofSize(best, 3));
        expected.add(Set.copyOf(members.subList(0, 3))); // one row
        expected.add(Set.copyOf(members.subList(3, size))); // one matrix
        expected.add(Set.copyOf(members.subList(4, size))); // one column
        expected.removeIf(subset -> subset.size() < 2);

        assertThat(group(members).tested()).isEqualTo(expected);
    }

    @Test
    void fedAndConnectedMembersShareNoPlace() {
        assertThat(List.of(new SameRow(0), SameColumn.of(A), new SameLayer(0), new Fed(A), new Connected(A)))
                .extracting(relation -> new RelatedGroup(relation, ABC, 1, Set.of(A, B)).sharesPlace())
                .containsExactly(true, true, true, false, false);
    }

    private static RelatedGroup group(List<Coordinate> members) {
        return new RelatedGroup(new SameLayer(0), members, 1, Set.copyOf(members));
    }
}
