package io.github.swscan.detect;

import static io.github.swscan.detect.Samples.effect;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.detect.Relations.Connected;
import io.github.swscan.detect.Relations.Relation;
import io.github.swscan.detect.Relations.SameRow;
import io.github.swscan.effect.Effect;
import io.github.swscan.effect.Measure;
import io.github.swscan.report.Verdict;
import io.github.swscan.weight.Coordinate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SetSearchTest {

    private static final List<Coordinate> WEIGHTS = Samples.row(12);
    private static final Coordinate A = WEIGHTS.get(0);
    private static final Coordinate B = WEIGHTS.get(1);
    private static final Coordinate C = WEIGHTS.get(2);

    private final Map<Set<Coordinate>, Effect> effects = new LinkedHashMap<>();

    private void removed(double nats, Coordinate... weights) {
        effects.put(Set.of(weights), effect(nats));
    }

    private static Judge judge() {
        Measure measure = Measure.KL_DIVERGENCE;
        return new Judge(measure, measure.defaultThresholds(), 5, Optional.empty());
    }

    private List<FoundSet> sets(RelatedGroup... groups) {
        return new SetSearch(effects, judge()).sets(List.of(groups));
    }

    private static RelatedGroup group(Coordinate... members) {
        return group(new SameRow(0), List.of(members));
    }

    private static RelatedGroup group(Relation relation, List<Coordinate> members) {
        return new RelatedGroup(relation, members, 1, Set.copyOf(members));
    }

    private static List<Set<Coordinate>> members(List<FoundSet> sets) {
        return sets.stream().map(set -> Set.copyOf(set.members())).toList();
    }

    @ParameterizedTest
    @CsvSource({
        "1, 0.5, 0.5, true",
        "1, 0.51, 0, false",
        "1, 0, 0.51, false",
        "0.01, 0.005, 0.005, true",
        "0.0099, 0, 0, false",
        "1.7976931348623157e308, 5, 5, true",
        "1.7976931348623157e308, 1.7976931348623157e308, 0, false",
        "5, 1.7976931348623157e308, 0, false",
        "5, NaN, 0, false",
        "NaN, 0, 0, false"
    })
    void aPairIsJointWhereEitherLeftInTakesHalfOfTheDamageAway(double together, double a, double b, boolean joint) {
        removed(together, A, B);
        removed(a, A);
        removed(b, B);

        assertThat(members(sets(group(A, B)))).isEqualTo(joint ? List.of(Set.of(A, B)) : List.of());
    }

    @Test
    void aSetSaysWhatItsMembersDoAloneAndLeftInTheOneThatTakesMostAwayFirst() {
        removed(0.3, A);
        removed(0.1, B);
        removed(0.2, C);
        removed(0.25, A, B);
        removed(0.35, A, C);
        removed(0.31, B, C);
        removed(2, A, B, C);

        assertThat(sets(group(A, B, C)))
                .containsExactly(new FoundSet(
                        FoundSet.Kind.JOINT,
                        List.of(C, A, B),
                        effect(2),
                        List.of(effect(0.2), effect(0.3), effect(0.1)),
                        List.of(effect(0.25), effect(0.31), effect(0.35))));
    }

    @Test
    void whereNotAllWasMeasuredNothingIsJoint() {
        removed(2, A, B, C);
        removed(0, A, B);
        removed(0, A, C);
        List.of(A, B, C).forEach(weight -> removed(0, weight));

        assertThat(sets(group(A, B, C))).isEmpty();
    }

    @Test
    void whatTheControlDoesFiveTimesIsNoSet() {
        removed(2, A, B);
        removed(0, A);
        removed(0, B);
        Measure measure = Measure.KL_DIVERGENCE;
        Judge strict = new Judge(measure, measure.defaultThresholds(), 5, Optional.of(effect(0.41)));

        assertThat(new SetSearch(effects, strict).sets(List.of(group(A, B)))).isEmpty();
    }

    @Test
    void disjointSetsComeBeforeStrongerOnesThatOverlap() {
        List<RelatedGroup> pairs = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            pairs.add(pair(0, i + 1, 10 - i)); // all with the first weight
        }
        for (int i = 7; i < 10; i += 2) {
            pairs.add(pair(i, i + 1, 2));
        }

        assertThat(members(sets(pairs.toArray(RelatedGroup[]::new))))
                .containsExactlyInAnyOrder(pairOf(0, 1), pairOf(0, 2), pairOf(0, 3), pairOf(7, 8), pairOf(9, 10));
    }

    private RelatedGroup pair(int one, int other, double nats) {
        Coordinate first = WEIGHTS.get(one);
        Coordinate second = WEIGHTS.get(other);
        removed(0, first);
        removed(0, second);
        removed(nats, first, second);
        return group(first, second);
    }

    private static Set<Coordinate> pairOf(int one, int other) {
        return Set.of(WEIGHTS.get(one), WEIGHTS.get(other));
    }

    /** Leaving one in takes a part away, and never half, of the whole or of less. */
    private void removedByParts(List<Coordinate> weights, double whole) {
        for (int size = 1; size <= weights.size(); size++) {
            for (Set<Coordinate> subset : Subsets.ofSize(weights, size)) {
                effects.put(subset, effect(size < weights.size() ? part(size, weights.size()) : whole));
            }
        }
    }

    private static double part(int size, int all) {
        return 0.9 * Math.sqrt((double) size / all);
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 4, 5, 6})
    void whatManyDoTogetherEachItsPartIsGradual(int size) {
        List<Coordinate> weights = WEIGHTS.subList(0, size);
        removedByParts(weights, 1.1);

        List<FoundSet> sets = sets(group(new SameRow(0), weights));

        assertThat(sets).singleElement().satisfies(set -> {
            assertThat(set.kind()).isEqualTo(FoundSet.Kind.GRADUAL);
            assertThat(set.members()).containsExactlyInAnyOrderElementsOf(weights);
            assertThat(set.effect()).isEqualTo(effect(1.1));
            assertThat(set.leftIn()).hasSize(size).containsOnly(effect(part(size - 1, size)));
        });
        assertThat(sets(group(new Connected(A), weights)))
                .as("without a place in common")
                .isEmpty();
    }

    @Test
    void oneThatOnlyStandsBesideIsNoMemberOfAGradualSet() {
        List<Coordinate> three = WEIGHTS.subList(0, 3);
        removedByParts(three, 1.1);
        Coordinate beside = WEIGHTS.get(3);
        Map.copyOf(effects).forEach((subset, effect) -> {
            Set<Coordinate> more = new HashSet<>(subset);
            more.add(beside);
            effects.put(more, effect);
        });
        removed(0, beside);

        assertThat(members(sets(group(A, B, C, beside)))).containsExactly(Set.copyOf(three));
    }

    /** Two harmful weights are that, and no set: what they do together is what each does. */
    @Test
    void nothingIsFoundWhereTheBudgetLeftOutWhatAMemberDoesAlone() {
        removed(0, A);
        removed(0, A, B);
        removed(0, A, C);
        removed(0, B, C);
        removed(3, A, B, C);

        assertThat(sets(group(A, B, C))).isEmpty();
    }

    @Test
    void twoThatAddUpAndOneThatStandsBesideAreNoSet() {
        removed(0.6, A);
        removed(0.6, B);
        removed(0, C);
        removed(1.1, A, B);
        removed(0.6, A, C);
        removed(0.6, B, C);
        removed(1.1, A, B, C);

        assertThat(sets(group(A, B))).isEmpty();
        assertThat(sets(group(A, B, C))).isEmpty();
    }

    @Test
    void aGroupOfWhichOneDoesAsMuchIsExplained() {
        removedByParts(WEIGHTS.subList(0, 3), 1.1);
        removed(1, A);

        assertThat(sets(group(A, B, C))).isEmpty();
    }

    /** Effects of all kinds, often beyond the thresholds and often alike. */
    @Provide
    Arbitrary<Double> damage() {
        return Arbitraries.of(0., 0.008, 0.011, 0.08, 0.11, 0.6, 0.8, 1.1, 1.5, 5., Double.MAX_VALUE);
    }

    /** What removing each subset of some weights does: the index in two says which are removed. */
    private static Map<Set<Coordinate>, Effect> all(List<Coordinate> weights, List<Double> damages) {
        Map<Set<Coordinate>, Effect> all = new LinkedHashMap<>();
        for (int size = 1; size <= weights.size(); size++) {
            for (Set<Coordinate> subset : Subsets.ofSize(weights, size)) {
                all.put(subset, effect(damages.get(all.size())));
            }
        }
        return all;
    }

    private static boolean isJoint(Set<Coordinate> set, Map<Set<Coordinate>, Effect> effects) {
        return set.size() > 1
                && judge().verdict(effects.get(set)) != Verdict.HARMLESS
                && set.stream()
                        .map(member -> Subsets.without(set, member))
                        .allMatch(rest ->
                                effects.get(rest).change() <= effects.get(set).change() / 2);
    }

    @Property(tries = 1000, seed = "7")
    void theStrongestJointSubsetOfAWholeGroupIsFound(
            @ForAll @IntRange(min = 2, max = 4) int size, @ForAll @Size(15) List<@From("damage") Double> damages) {
        List<Coordinate> weights = WEIGHTS.subList(0, size);
        Map<Set<Coordinate>, Effect> all = all(weights, damages);
        Optional<Double> strongest = all.keySet().stream()
                .filter(set -> isJoint(set, all))
                .map(set -> all.get(set).change())
                .max(Double::compare);

        List<FoundSet> connected = new SetSearch(all, judge()).sets(List.of(group(new Connected(A), weights)));

        assertThat(connected.stream().map(set -> set.effect().change()).findFirst())
                .isEqualTo(strongest);
    }

    @Property(tries = 3000, seed = "8")
    void whateverIsFoundIsWhatItIsCalled(
            @ForAll @IntRange(min = 2, max = 4) int size, @ForAll @Size(15) List<@From("damage") Double> damages) {
        List<Coordinate> weights = WEIGHTS.subList(0, size);
        Map<Set<Coordinate>, Effect> all = all(weights, damages);
        Effect whole = all.get(Set.copyOf(weights));

        for (FoundSet set : new SetSearch(all, judge()).sets(List.of(group(new SameRow(0), weights)))) {
            Set<Coordinate> members = Set.copyOf(set.members());
            assertThat(set.effect()).isEqualTo(all.get(members));
            assertThat(isJoint(members, all)).isEqualTo(set.kind() == FoundSet.Kind.JOINT);
            if (set.kind() == FoundSet.Kind.GRADUAL) {
                Verdict verdict = judge().verdict(set.effect());
                assertThat(verdict.isAtLeast(judge().verdict(whole))).isTrue();
                assertThat(all.keySet().stream().filter(subset -> subset.size() < members.size()))
                        .as("nothing smaller does as much")
                        .noneMatch(subset -> judge().verdict(all.get(subset)).isAtLeast(judge().verdict(whole)));
            }
        }
    }

    /** Groups of up to six that overlap, of which not all subsets are measured. */
    @Property(tries = 500, seed = "9")
    void atMostFiveSetsAreFoundAndNoneHoldsAnother(
            @ForAll @Size(min = 1, max = 4) List<@Size(min = 2, max = 6) Set<@IntRange(max = 7) Integer>> chosen,
            @ForAll @Size(255) List<@From("damage") Double> damages) {
        Map<Set<Coordinate>, Effect> all = all(WEIGHTS.subList(0, 8), damages);
        List<RelatedGroup> groups = chosen.stream()
                .map(group -> group(
                        new SameRow(group.iterator().next()),
                        group.stream().map(WEIGHTS::get).toList()))
                .toList();
        Map<Set<Coordinate>, Effect> measured = new LinkedHashMap<>();
        groups.forEach(group -> {
            group.members().forEach(member -> measured.put(Set.of(member), all.get(Set.of(member))));
            group.tested().forEach(subset -> measured.put(subset, all.get(subset)));
        });

        List<FoundSet> found = new SetSearch(measured, judge()).sets(groups);

        assertThat(found).hasSizeLessThanOrEqualTo(5);
        double[] damage =
                found.stream().mapToDouble(set -> set.effect().change()).toArray();
        double[] falling = damage.clone();
        Arrays.sort(falling);
        assertThat(damage)
                .containsExactly(IntStream.range(0, damage.length)
                        .mapToDouble(i -> falling[damage.length - 1 - i])
                        .toArray());
        assertThat(found).allSatisfy(set -> {
            Set<Coordinate> members = Set.copyOf(set.members());
            assertThat(set.members()).hasSizeGreaterThan(1);
            assertThat(set.kind() == FoundSet.Kind.GRADUAL || isJoint(members, measured))
                    .isTrue();
            assertThat(set.alone())
                    .isEqualTo(set.members().stream()
                            .map(member -> all.get(Set.of(member)))
                            .toList());
            assertThat(set.leftIn())
                    .isEqualTo(set.members().stream()
                            .map(member -> all.get(Subsets.without(members, member)))
                            .toList());
        });
        List<Set<Coordinate>> sets = members(found);
        assertThat(sets).allSatisfy(set -> assertThat(sets.stream().filter(set::containsAll))
                .containsExactly(set));
    }
}
