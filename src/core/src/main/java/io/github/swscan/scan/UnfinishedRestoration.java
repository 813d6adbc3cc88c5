package io.github.swscan.scan;

import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.input.InputException;
import io.github.swscan.output.InPlaceEdit;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/** What is told of a model whose restoration was interrupted. */
final class UnfinishedRestoration {

    private UnfinishedRestoration() {}

    /** A note, if the model has a journal beside its weights. */
    static Optional<String> note(Path model) {
        try {
            return note(CheckpointLocation.find(model));
        } catch (InputException unusable) {
            return Optional.empty();
        }
    }

    /** The same. */
    static Optional<String> note(CheckpointLocation location) {
        return InPlaceEdit.isUnfinishedIn(folder(location))
                ? Optional.of(
                        "A restoration of this model was interrupted, or is going on (%s): it may be damaged. Run the same"
                                        .formatted(InPlaceEdit.JOURNAL)
                                + " swscan restore again.")
                : Optional.empty();
    }

    /** Where the weights are, and the journal of a restoration. */
    static Path folder(CheckpointLocation location) {
        return Objects.requireNonNullElse(location.weights().get(0).getParent(), Path.of(""));
    }
}
