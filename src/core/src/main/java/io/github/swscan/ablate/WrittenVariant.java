package io.github.swscan.ablate;

import io.github.swscan.architecture.Linear;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.copy.CheckpointCopy;
import io.github.swscan.weight.StoredWeight;
import io.github.swscan.weight.WeightChange;
import io.github.swscan.weight.WeightLine;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What a copy of the checkpoint has of a variant: where weights are stored as codes, it may be others than those wanted.
 *
 * @param variant what is wanted
 * @param written in the order of {@link Variant#stored}
 * @param model what the copy is: single weights that are replaced, in the same order
 */
public record WrittenVariant(Variant variant, List<CheckpointCopy.Written> written, Variant model) {

    public WrittenVariant {
        written = List.copyOf(written);
    }

    /**
     * A variant and what is written of it.
     *
     * @param written what is written for what the variant wants stored
     */
    public static WrittenVariant of(Variant variant, List<CheckpointCopy.Written> written, Checkpoint checkpoint) {
        Stream<StoredWeight> single = variant.changes().stream().map(WeightChange::weight);
        Stream<StoredWeight> whole = variant.lines().stream()
                .flatMap(line -> line.elements().mapToObj(element -> weight(checkpoint, line, element)));
        List<StoredWeight> weights = Stream.concat(single, whole).toList();
        List<WeightChange> changes = IntStream.range(0, weights.size())
                .mapToObj(i -> new WeightChange(weights.get(i), written.get(i).value()))
                .toList();
        return new WrittenVariant(
                variant,
                written,
                Variant.of(variant.kind(), variant.name(), variant.description(), variant.weights(), changes));
    }

    private static StoredWeight weight(Checkpoint checkpoint, WeightLine line, long element) {
        Linear.Entry entry = line.site().linear().entry(element);
        return StoredWeight.read(checkpoint, line.site(), entry.row(), entry.column());
    }

    /** Whether all weights are what the variant wants. */
    public boolean isExact() {
        return written.stream().allMatch(CheckpointCopy.Written::isExact);
    }
}
