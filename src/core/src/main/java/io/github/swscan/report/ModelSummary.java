package io.github.swscan.report;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What was scanned.
 *
 * @param path as the user gave it
 * @param family the {@code model_type} of config.json
 * @param parameters how many numbers the model's tensors hold; tied tensors count once
 * @param dtype the type of most of them
 * @param quantization null where no matrix is quantized
 * @param unsafe what files of weights want to load that no weights need; where there is any, nothing was loaded, nothing
 *     else is known of the model, and all numbers are 0
 */
public record ModelSummary(
        String path,
        String family,
        int layers,
        int hiddenSize,
        int intermediateSize,
        long parameters,
        String dtype,
        Optional<Quantization> quantization,
        List<File> files,
        List<Unsafe> unsafe) {

    /** The last part of the path; of the working folder its name. All of it where a file system has no such path. */
    public String name() {
        return name(path);
    }

    /** The same of any path. */
    public static String name(String path) {
        try {
            Path last = Path.of(path).toAbsolutePath().normalize().getFileName();
            return last == null ? path : last.toString();
        } catch (InvalidPathException e) {
            return path;
        }
    }

    /**
     * How matrices are quantized, by what is stored.
     *
     * @param method that of most weights, such as {@code GPTQ}
     * @param bits of a code of most weights, without scales
     * @param group how many weights of a row share a scale; null where all of them do, or there are no scales
     * @param exempt the modules whose matrices are stored plain; {@code *} stands for every layer or expert
     * @param description all of it in words, other methods and bits included, without what is exempt
     */
    public record Quantization(
            String method, int bits, Optional<Long> group, List<String> exempt, String description) {}

    /**
     * A weights file.
     *
     * @param sha256 in hexadecimal; null where no output has a use for it
     */
    public record File(String name, long bytes, Optional<String> sha256) {}

    /**
     * Something that a pickle wants to load.
     *
     * @param file the name of the file
     * @param name of a Python object, as {@code module.name}
     * @param offset where that stands, in bytes from the start of the pickle in the file
     */
    public record Unsafe(String file, String name, long offset) {}
}
