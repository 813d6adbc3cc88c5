package io.github.swscan.weight;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.architecture.Linear;
import io.github.swscan.fixture.ReferenceCheckpoint;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LargestWeightsTest {

    @ParameterizedTest
    @ValueSource(strings = {"llama", "gpt2", "granitemoe", "mixtral", "deepseek_v3"})
    void largestOthersAreThoseThatSortingAllWeightsGives(String name) {
        ReferenceCheckpoint.Described model =
                ReferenceCheckpoint.named("reference/" + name).described();
        List<Weight> all = sorted(model);
        Set<Coordinate> without = Set.of(all.get(0).coordinate(), all.get(7).coordinate());

        List<StoredWeight> found =
                new LargestWeights(model.checkpoint(), 50).find(Sites.of(model.architecture()), without, bytes -> {});

        // Equal magnitudes may come in any order.
        assertThat(found.stream().map(weight -> Math.abs(weight.value())))
                .containsExactlyElementsOf(all.stream()
                        .filter(weight -> !without.contains(weight.coordinate()))
                        .limit(50)
                        .map(Weight::magnitude)
                        .toList());
        assertThat(found.stream().map(weight -> new Weight(weight.coordinate(), Math.abs(weight.value()))))
                .doesNotHaveDuplicates()
                .isSubsetOf(all);
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "gpt2", "granitemoe"})
    void askedForMoreThanThereAreItGivesAllAndReadsThemOnce(String name) {
        ReferenceCheckpoint.Described model =
                ReferenceCheckpoint.named("reference/" + name).described();
        List<Weight> all = sorted(model);
        AtomicLong bytesRead = new AtomicLong();

        List<StoredWeight> found = new LargestWeights(model.checkpoint(), all.size() + 1)
                .find(Sites.of(model.architecture()), Set.of(), bytesRead::addAndGet);

        assertThat(found).hasSameSizeAs(all);
        assertThat(found).extracting(StoredWeight::coordinate).doesNotHaveDuplicates();
        assertThat(bytesRead)
                .hasValue(found.stream()
                        .mapToLong(weight -> weight.tensor().dtype().bytes())
                        .sum());
    }

    private record Weight(Coordinate coordinate, float magnitude) {}

    private static List<Weight> sorted(ReferenceCheckpoint.Described model) {
        List<Weight> all = new ArrayList<>();
        for (Linear linear : model.architecture().blocks().stream()
                .flatMap(block -> block.linears())
                .toList()) {
            StoredMatrix matrix = StoredMatrix.of(model.checkpoint(), linear);
            for (int row = 0; row < linear.outputs(); row++) {
                for (int column = 0; column < linear.inputs(); column++) {
                    all.add(new Weight(new Coordinate(linear, row, column), Math.abs(matrix.value(row, column))));
                }
            }
        }
        all.sort(Comparator.comparingDouble(Weight::magnitude).reversed());
        return all;
    }
}
