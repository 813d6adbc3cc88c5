package io.github.swscan.ablate;

import io.github.swscan.checkpoint.copy.CheckpointCopy;
import io.github.swscan.forward.Branch;
import io.github.swscan.weight.Edit;
import io.github.swscan.weight.Restoration;
import io.github.swscan.weight.WeightChange;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The model with some weights changed.
 *
 * @param name short and unique, such as {@code remove-1+2}
 * @param description for people to read
 * @param weights the numbers of the weights it is about; none for controls and the largest others
 * @param restorations super activations that are put back
 */
public record Variant(
        String name,
        Kind kind,
        String description,
        List<Integer> weights,
        List<WeightChange> changes,
        List<Restoration> restorations) {

    /** What is done to the weights. */
    public enum Kind {
        /** Each weight alone, and all together. */
        REMOVE,
        /** All but one, which shows what that one holds up by itself. */
        KEEP,
        /** Every two weights together. */
        PAIRS,
        /** Multiplied by a factor. */
        SCALE,
        /** The sign turned round. */
        FLIP,
        /** All removed, with the super activations that they write put back. */
        RESTORE,
        /** Ordinary weights of similar magnitude removed. */
        CONTROL,
        /** The largest other weights of all linear maps removed. */
        LARGEST;

        /** What options and reports call it. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public Variant {
        weights = List.copyOf(weights);
        changes = List.copyOf(changes);
        restorations = List.copyOf(restorations);
    }

    Branch branch(List<Integer> sequences) {
        Stream<Edit> edits = Stream.concat(changes.stream().map(WeightChange::edit), restorations.stream());
        return new Branch(sequences, edits.toList());
    }

    /**
     * What a copy of the checkpoint is to be changed by.
     *
     * @throws IllegalArgumentException if super activations are put back, which no file can hold
     */
    public List<CheckpointCopy.Change> stored() {
        if (!restorations.isEmpty()) {
            throw new IllegalArgumentException("a restored activation is not a change of weights: " + name);
        }
        return changes.stream()
                .map(change -> new CheckpointCopy.Change(
                        change.weight().tensor().name(), change.weight().element(), change.to()))
                .toList();
    }
}
