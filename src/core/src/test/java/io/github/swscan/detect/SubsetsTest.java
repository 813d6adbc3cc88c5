package io.github.swscan.detect;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SubsetsTest {

    @Test
    void thoseOfASizeKeepTheOrderOfTheList() {
        List<Set<String>> pairs = Subsets.ofSize(List.of("c", "a", "b"), 2);

        assertThat(pairs).containsExactlyInAnyOrder(Set.of("c", "a"), Set.of("c", "b"), Set.of("a", "b"));
        assertThat(pairs.stream().map(List::copyOf)).contains(List.of("c", "a"), List.of("c", "b"), List.of("a", "b"));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4, 6})
    void thoseOfAllSizesAreAllSubsets(int size) {
        List<Integer> members = IntStream.range(0, size).boxed().toList();

        List<Set<Integer>> all = IntStream.rangeClosed(0, size)
                .mapToObj(wanted -> Subsets.ofSize(members, wanted))
                .peek(subsets -> assertThat(subsets).isNotEmpty())
                .flatMap(List::stream)
                .toList();

        assertThat(all).hasSize(1 << size).doesNotHaveDuplicates().allMatch(members::containsAll);
    }

    @Test
    void aSetWithoutOneOfItsMembersIsAnotherSet() {
        Set<String> members = Set.of("a", "b", "c");

        assertThat(Subsets.without(members, "b")).containsExactlyInAnyOrder("a", "c");
        assertThat(Subsets.without(members, "x")).isEqualTo(members);
        assertThat(members).hasSize(3);
    }
}
