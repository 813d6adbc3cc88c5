package io.github.swscan.report;

import java.util.List;

/**
 * What was scanned.
 *
 * @param path as the user gave it
 * @param family the {@code model_type} of config.json
 * @param parameters how many numbers the model's tensors hold; tied tensors count once
 * @param dtype the type of most of them
 */
public record ModelSummary(
        String path,
        String family,
        int layers,
        int hiddenSize,
        int intermediateSize,
        long parameters,
        String dtype,
        List<File> files) {

    public record File(String name, long bytes) {}
}
