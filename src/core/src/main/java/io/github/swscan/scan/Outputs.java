package io.github.swscan.scan;

import io.github.swscan.input.WrongRequestException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Files that are written once a scan is done. */
final class Outputs {

    private Outputs() {}

    /** @throws WrongRequestException if one would replace a file that the scan reads */
    static void requireDistinct(List<String> outputs, Stream<Path> inputs) {
        inputs.forEach(input -> outputs.stream()
                .map(Path::of)
                .filter(output -> isSameFile(input, output))
                .findFirst()
                .ifPresent(output -> {
                    throw new WrongRequestException("--report " + output + " would replace the input " + input);
                }));
    }

    private static boolean isSameFile(Path input, Path output) {
        try {
            return Files.exists(output) && Files.isSameFile(output, input);
        } catch (IOException e) {
            // An input that is not there cannot be replaced.
            return false;
        }
    }
}
