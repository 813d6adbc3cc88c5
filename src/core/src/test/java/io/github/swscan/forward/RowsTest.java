package io.github.swscan.forward;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Some rows of a layout, as they go through a linear map together. */
class RowsTest {

    private final Sequences sequences = new Sequences(List.of(new int[] {1, 2}, new int[] {3, 4, 5}));
    private final Branch original = new Branch(sequences.all(), List.of());
    private final Branch first = new Branch(List.of(0), List.of());
    private final Branch second = new Branch(List.of(1), List.of());
    private final Layout layout = Layout.of(sequences, List.of(original, first, second));
    private final Rows some = Rows.of(layout, new int[] {0, 3, 4, 6, 7, 9});

    @Test
    void rowsOfABranchAreCountedAmongThese() {
        assertThat(some.of(original)).containsExactly(0, 1, 2);
        assertThat(some.of(original, List.of(1))).containsExactly(1, 2);
        assertThat(some.of(first)).containsExactly(3);
        assertThat(some.of(second)).containsExactly(4, 5);
    }

    @Test
    void everyRowIsAPlaceInASequence() {
        assertThat(IntStream.range(0, some.count()).mapToObj(some::token))
                .containsExactly(
                        new TokenPlace(0, 0),
                        new TokenPlace(1, 1),
                        new TokenPlace(1, 2),
                        new TokenPlace(0, 1),
                        new TokenPlace(1, 0),
                        new TokenPlace(1, 2));
    }

    @Test
    void placesAreTheInverseOfIndexes() {
        assertThat(some.places()).containsExactly(0, -1, -1, 1, 2, -1, 3, 4, -1, 5);
        assertThat(some.indexes()).containsExactly(0, 3, 4, 6, 7, 9);
        assertThat(some.isAll()).isFalse();
        assertThat(Rows.all(layout).isAll()).isTrue();
    }

    @Test
    void groupsHaveTheRowsOfAllBranchesThatHaveSomethingInCommon() {
        Map<String, long[]> groups = some.groupedBy(branch -> branch == first ? "other" : "same");

        assertThat(groups.keySet()).containsExactly("same", "other");
        assertThat(groups.get("same")).containsExactly(0, 1, 2, 4, 5);
        assertThat(groups.get("other")).containsExactly(3);
    }

    @Test
    void groupsAreAPartitionAndNoneIsEmpty() {
        Map<Branch, long[]> groups = Rows.of(layout, new int[] {1, 2, 8}).groupedBy(branch -> branch);

        assertThat(groups.keySet()).containsExactly(original, second);
        assertThat(groups.values().stream().flatMapToLong(Arrays::stream)).containsExactly(0L, 1L, 2L);
        assertThat(Rows.of(layout, new int[0]).groupedBy(branch -> branch)).isEmpty();
    }

    @Test
    void tellWhetherABranchIsAmongThem() {
        assertThat(some.anyOf(branch -> branch == first)).isTrue();
        assertThat(Rows.of(layout, new int[] {0, 9}).anyOf(branch -> branch == first))
                .isFalse();
    }
}
