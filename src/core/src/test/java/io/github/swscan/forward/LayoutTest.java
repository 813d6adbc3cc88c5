package io.github.swscan.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.forward.Layout.EqualSegments;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which rows are whose, and where they go when branches come and go. */
class LayoutTest {

    private final Sequences sequences =
            new Sequences(List.of(new int[] {10, 11}, new int[] {20, 21}, new int[] {30, 31, 32}));
    private final Branch original = new Branch(sequences.all(), List.of());
    private final Branch last = new Branch(List.of(2), List.of());
    private final Branch outer = new Branch(List.of(0, 2), List.of());

    @Test
    void branchesLieOneAfterTheOtherWithTheirSequences() {
        Layout layout = Layout.of(sequences, List.of(original, last, outer));

        assertThat(layout.rows()).isEqualTo(7 + 3 + 5);
        assertThat(layout.branches()).containsExactly(original, last, outer);
        assertThat(layout.segments())
                .containsExactly(
                        new Segment(original, 0, 0, 2),
                        new Segment(original, 1, 2, 2),
                        new Segment(original, 2, 4, 3),
                        new Segment(last, 2, 7, 3),
                        new Segment(outer, 0, 10, 2),
                        new Segment(outer, 2, 12, 3));
        assertThat(layout.segmentOf(6)).isEqualTo(new Segment(original, 2, 4, 3));
        assertThat(layout.segmentOf(7)).isEqualTo(new Segment(last, 2, 7, 3));
    }

    @Test
    void everyRowIsATokenOfItsSequence() {
        Layout layout = Layout.of(sequences, List.of(original, outer));

        assertThat(layout.ids()).containsExactly(10, 11, 20, 21, 30, 31, 32, 10, 11, 30, 31, 32);
        assertThat(layout.positions()).containsExactly(0, 1, 0, 1, 0, 1, 2, 0, 1, 0, 1, 2);
        assertThat(layout.tokenIndexes()).containsExactly(0, 1, 2, 3, 4, 5, 6, 0, 1, 4, 5, 6);
    }

    @Test
    void rowsAreThoseOfTheSequencesThatABranchRunsOver() {
        Layout layout = Layout.of(sequences, List.of(original, outer));

        assertThat(layout.rowsOf(original, List.of(1))).containsExactly(2, 3);
        assertThat(layout.rowsOf(outer, List.of(2, 0))).containsExactly(7, 8, 9, 10, 11);
        assertThat(layout.rowsOf(outer, List.of(1))).isEmpty();
        assertThat(layout.rowsOf(last, List.of(2))).isEmpty();
    }

    @Test
    void neighboursOfEqualLengthAreTakenTogetherAcrossBranches() {
        Layout layout = Layout.of(sequences, List.of(original, last, outer));

        assertThat(layout.groups())
                .containsExactly(
                        new EqualSegments(0, 2, 2),
                        new EqualSegments(4, 2, 3),
                        new EqualSegments(10, 1, 2),
                        new EqualSegments(12, 1, 3));
        assertThat(layout.groups().get(1).end()).isEqualTo(10);
    }

    @Test
    void aBranchThatEntersStartsWithTheRowsOfItsSource() {
        Layout before = Layout.of(sequences, List.of(original, outer));

        Rearrangement rearrangement = Rearrangement.of(before, List.of(original, last), Map.of(last, outer));

        assertThat(rearrangement.isNone()).isFalse();
        assertThat(rearrangement.layout().branches()).containsExactly(original, last);
        assertThat(rearrangement.sourceRows()).containsExactly(0, 1, 2, 3, 4, 5, 6, 9, 10, 11);
    }

    @Test
    void withoutChangesTheRowsStay() {
        Layout before = Layout.of(sequences, List.of(original, outer));

        Rearrangement rearrangement = Rearrangement.of(before, List.of(original, outer), Map.of());

        assertThat(rearrangement.isNone()).isTrue();
        assertThat(rearrangement.layout()).isSameAs(before);
        assertThat(rearrangement.sourceRows()).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    }
}
