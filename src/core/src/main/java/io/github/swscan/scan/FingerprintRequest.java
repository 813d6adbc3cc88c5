package io.github.swscan.scan;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A manifest that is asked for.
 *
 * @param model the path of a folder, a weights file or the index of its shards
 * @param config the path of the model's config.json; empty if it is in the folder of the weights
 * @param source where the super weights are from
 * @param others files in the model's folder that are no part of it: what is going to be written there
 */
public record FingerprintRequest(String model, String config, Source source, List<Path> others) {

    public FingerprintRequest {
        others = List.copyOf(others);
    }

    /** Where super weights are from. */
    public sealed interface Source {

        /** They are looked for. */
        record Detection(DetectionRequest request) implements Source {}

        /** A report of a detection tells them. */
        record Report(Path file) implements Source {}

        /** There are none in the manifest. */
        record None() implements Source {}
    }

    /** The detection to make, if there is one to make. */
    Optional<DetectionRequest> detection() {
        return source instanceof Source.Detection detection ? Optional.of(detection.request()) : Optional.empty();
    }
}
