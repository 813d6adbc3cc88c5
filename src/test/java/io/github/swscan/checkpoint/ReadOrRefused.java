package io.github.swscan.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * What holds of every reader, whatever is in the file: it refuses the file with one line that names it, or what it makes
 * of it is sound. Any other exception goes through.
 */
public final class ReadOrRefused {

    /** Whatever a message quotes is shortened; the path of the file is not counted. */
    private static final int LONGEST_MESSAGE = 2000;

    private ReadOrRefused() {}

    /** Holds a reader to it. */
    public static void check(Path file, Consumer<Path> reader) {
        try {
            reader.accept(file);
        } catch (InputException refusal) {
            assertThat(refusal.file()).isEqualTo(file);
            assertThat(refusal.getMessage())
                    .startsWith(file + ": ")
                    .hasSizeLessThan(file.toString().length() + LONGEST_MESSAGE)
                    .doesNotContain("\n", "\r");
        }
    }

    /** Holds a reader of tensors to it: each tensor that it finds lies within the file. */
    static void checkTensors(Path file, long fileBytes, Function<Path, List<TensorInfo>> reader) {
        check(file, path -> checkSound(reader.apply(path), path, fileBytes));
    }

    private static void checkSound(List<TensorInfo> tensors, Path file, long fileBytes) {
        Set<String> names = new HashSet<>();
        for (TensorInfo tensor : tensors) {
            assertThat(names.add(tensor.name())).as("only one has the name").isTrue();
            assertThat(tensor.file()).isEqualTo(file);
            assertThat(tensor.offset()).as("offset").isBetween(0L, fileBytes);
            assertThat(tensor.bytes()).as("bytes").isBetween(0L, fileBytes);
            if (tensor.elements() > 0) {
                assertThat(tensor.position(tensor.elements() - 1))
                        .as("where the last element begins")
                        .isBetween(tensor.offset(), fileBytes - tensor.dtype().bytes());
            }
        }
        assertThat(tensors).isSortedAccordingTo(Comparator.comparingLong(TensorInfo::offset));
    }
}
