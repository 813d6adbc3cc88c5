package io.github.swscan.detect;

import static io.github.swscan.detect.Experiment.flipped;
import static io.github.swscan.detect.Experiment.removed;
import static io.github.swscan.detect.Samples.effect;
import static io.github.swscan.detect.Samples.weight;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.detect.Relations.SameRow;
import io.github.swscan.effect.Effect;
import io.github.swscan.weight.Coordinate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class ConfirmationPlanTest {

    /** Eight, of which the last does most. */
    private static final List<Coordinate> WEIGHTS = Samples.row(8);

    private static final List<Coordinate> STRONGEST =
            IntStream.range(0, 8).mapToObj(i -> WEIGHTS.get(7 - i)).toList();

    private static final Set<Coordinate> CONTROL = Set.of(weight(0, 9, 8), weight(0, 9, 9));

    private static Map<Set<Coordinate>, Effect> screened(List<Double> nats) {
        Map<Set<Coordinate>, Effect> screened = new LinkedHashMap<>();
        IntStream.range(0, nats.size()).forEach(i -> screened.put(Set.of(WEIGHTS.get(i)), effect(nats.get(i))));
        return screened;
    }

    private static RelatedGroup group(Integer... members) {
        List<Coordinate> weights = List.of(members).stream().map(WEIGHTS::get).toList();
        return new RelatedGroup(new SameRow(members[0]), weights, 1, Set.copyOf(weights));
    }

    private static ConfirmationPlan plan(List<RelatedGroup> groups, int most) {
        return ConfirmationPlan.of(
                WEIGHTS,
                screened(List.of(1., 2., 3., 4., 5., 6., 7., 8.)),
                groups,
                Set.copyOf(WEIGHTS.subList(2, 8)),
                CONTROL,
                most);
    }

    @Test
    void roomIsGivenToWhatDecidesMost() {
        RelatedGroup group = group(0, 7);
        List<Experiment> expected = new ArrayList<>();
        expected.add(removed(Set.of(STRONGEST.get(0))));
        expected.add(removed(CONTROL));
        STRONGEST.subList(1, 4).forEach(weight -> expected.add(removed(Set.of(weight))));
        expected.add(flipped(STRONGEST.get(0)));
        expected.add(removed(Set.of(WEIGHTS.get(0), WEIGHTS.get(7))));
        expected.add(removed(Set.of(WEIGHTS.get(0))));
        STRONGEST.subList(4, 7).forEach(weight -> expected.add(removed(Set.of(weight))));
        STRONGEST.subList(1, 4).forEach(weight -> expected.add(flipped(weight)));
        expected.add(removed(Set.copyOf(WEIGHTS.subList(2, 8))));

        ConfirmationPlan plan = plan(List.of(group), 100);

        assertThat(plan.experiments()).containsExactlyElementsOf(expected);
        assertThat(plan.leftOut()).isZero();
    }

    @Test
    void aGroupIsMeasuredAsAWholeOrNotAndASmallerOneBehindItMayStillFit() {
        RelatedGroup large = group(0, 1, 2, 3);
        RelatedGroup small = group(7, 6);

        ConfirmationPlan plan = plan(List.of(large, small), 8);

        assertThat(plan.experiments())
                .hasSize(8)
                .contains(removed(Set.of(WEIGHTS.get(7), WEIGHTS.get(6))))
                .doesNotContain(removed(Set.of(WEIGHTS.get(0), WEIGHTS.get(1))));
    }

    /** Before all subsets of a group, what shows whether what it promises by is a set. */
    @Test
    void ofEveryGroupThePromiseIsMeasuredFirst() {
        List<Coordinate> members = List.of(WEIGHTS.get(0), WEIGHTS.get(1), WEIGHTS.get(2), WEIGHTS.get(3));
        Set<Coordinate> pair = Set.of(members.get(0), members.get(1));

        ConfirmationPlan plan = plan(List.of(new RelatedGroup(new SameRow(0), members, 1, pair)), 9);

        assertThat(plan.experiments())
                .contains(removed(pair), removed(Set.of(members.get(0))), removed(Set.of(members.get(1))))
                .doesNotContain(removed(Set.copyOf(members)));
    }

    @Test
    void whoWasNotScreenedIsNotMeasured() {
        ConfirmationPlan plan =
                ConfirmationPlan.of(WEIGHTS, screened(List.of(1., 2.)), List.of(), Set.of(), Set.of(), 100);

        assertThat(plan.experiments())
                .containsExactly(
                        removed(Set.of(WEIGHTS.get(1))),
                        removed(Set.of(WEIGHTS.get(0))),
                        flipped(WEIGHTS.get(1)),
                        flipped(WEIGHTS.get(0)));
    }

    @Property(tries = 500, seed = "4")
    void noMoreAreMeasuredThanThereIsRoomForAndTheRestIsCounted(
            @ForAll @Size(8) List<@DoubleRange(max = 9) Double> nats,
            @ForAll @Size(max = 4) List<@Size(min = 2, max = 6) Set<@IntRange(max = 7) Integer>> members,
            @ForAll @IntRange(min = 1, max = 60) int most) {
        List<RelatedGroup> groups = members.stream()
                .map(group -> group(group.toArray(Integer[]::new)))
                .toList();
        Set<Coordinate> independent = Set.copyOf(WEIGHTS.subList(0, 3));

        ConfirmationPlan plan = ConfirmationPlan.of(WEIGHTS, screened(nats), groups, independent, CONTROL, most);

        Set<Experiment> wanted = new LinkedHashSet<>();
        wanted.add(removed(CONTROL));
        wanted.add(removed(independent));
        WEIGHTS.forEach(weight -> wanted.add(removed(Set.of(weight))));
        groups.forEach(group -> wanted.addAll(measured(group)));
        assertThat(plan.experiments()).hasSizeLessThanOrEqualTo(most);
        if (most > 1) {
            assertThat(plan.experiments()).contains(removed(CONTROL));
        }
        Set<Experiment> removals = plan.experiments().stream()
                .filter(experiment -> experiment.change() == Experiment.Change.REMOVED)
                .collect(Collectors.toSet());
        int signs = plan.experiments().size() - removals.size();
        assertThat(wanted).containsAll(removals);
        assertThat(plan.leftOut()).isEqualTo(wanted.size() - removals.size() + 4 - signs);
    }

    private static Set<Experiment> measured(RelatedGroup group) {
        Set<Experiment> measured = new LinkedHashSet<>();
        group.members().forEach(member -> measured.add(removed(Set.of(member))));
        group.tested().forEach(subset -> measured.add(removed(subset)));
        return measured;
    }
}
