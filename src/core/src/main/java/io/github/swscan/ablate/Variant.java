package io.github.swscan.ablate;

import io.github.swscan.checkpoint.copy.CheckpointCopy;
import io.github.swscan.forward.Branch;
import io.github.swscan.weight.Edit;
import io.github.swscan.weight.PutBack;
import io.github.swscan.weight.WeightChange;
import io.github.swscan.weight.WeightLine;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The model with some weights changed.
 *
 * @param name short and unique, such as {@code remove-1+2}
 * @param description for people to read
 * @param weights the numbers of the weights, rows and columns it is about; none for controls and the largest others
 * @param changes single weights that are replaced
 * @param lines rows and columns that are removed
 * @param putBack what the unedited model computes and the variant gets
 */
public record Variant(
        String name,
        Kind kind,
        String description,
        List<Integer> weights,
        List<WeightChange> changes,
        List<WeightLine> lines,
        List<PutBack> putBack) {

    /** What is done to the weights. */
    public enum Kind {
        /** Each weight alone, and all together. */
        REMOVE,
        /** All but one, which shows what that one holds up by itself. */
        KEEP,
        /** Every two weights together. */
        PAIRS,
        /** The members of each set that a detection found, together. */
        SET,
        /** Multiplied by a factor. */
        SCALE,
        /** The sign turned round. */
        FLIP,
        /** The whole row that a weight is in removed. */
        ROW,
        /** The whole column that a weight is in removed. */
        COLUMN,
        /** Removed, with the mean of what each contributes put back where it makes its spike. */
        MEAN,
        /** All removed, with the super activations that they write put back. */
        RESTORE,
        /** Ordinary weights of similar magnitude removed. */
        CONTROL,
        /** The largest other weights of all linear maps removed. */
        LARGEST;

        /** Whether it makes sense for whole rows and columns too. */
        public boolean takesLines() {
            return this == REMOVE || this == KEEP || this == PAIRS;
        }

        /** Whether it takes three weights or more. */
        public boolean isOfSeveral() {
            return this == KEEP || this == PAIRS;
        }

        /** What options and reports call it. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public Variant {
        weights = List.copyOf(weights);
        changes = List.copyOf(changes);
        lines = List.copyOf(lines);
        putBack = List.copyOf(putBack);
    }

    /** Single weights replaced. */
    static Variant of(Kind kind, String name, String description, List<Integer> weights, List<WeightChange> changes) {
        return new Variant(name, kind, description, weights, changes, List.of(), List.of());
    }

    Branch branch(List<Integer> sequences) {
        List<Edit> edits = new ArrayList<>();
        changes.forEach(change -> edits.add(change.edit()));
        lines.forEach(line -> edits.add(line.removal()));
        edits.addAll(putBack);
        return new Branch(sequences, edits);
    }

    /**
     * What a copy of the checkpoint is to be changed by.
     *
     * @throws IllegalArgumentException if something is put back, which no file can hold
     */
    public List<CheckpointCopy.Change> stored() {
        if (!putBack.isEmpty()) {
            throw new IllegalArgumentException("what is put back is not a change of weights: " + name);
        }
        Stream<CheckpointCopy.Change> single = changes.stream()
                .map(change -> new CheckpointCopy.Change(
                        change.weight().tensor().name(), change.weight().element(), change.to()));
        Stream<CheckpointCopy.Change> whole = lines.stream().flatMap(line -> line.elements()
                .mapToObj(element -> new CheckpointCopy.Change(line.tensor().name(), element, 0)));
        return Stream.concat(single, whole).toList();
    }
}
