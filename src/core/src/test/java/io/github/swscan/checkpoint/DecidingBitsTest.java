package io.github.swscan.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.checkpoint.Checkpoint.FileBits;
import io.github.swscan.checkpoint.tensor.ByteBits;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.fixture.CodedTensors;
import io.github.swscan.input.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DecidingBitsTest {

    private static final int ELEMENTS = 2;
    private static final int TRIED = 6;

    @TempDir
    private Path folder;

    private Path copyOf(Path model) throws IOException {
        if (!Files.isDirectory(model)) {
            return Files.copy(model, folder.resolve(model.getFileName()));
        }
        Path copy = Files.createDirectories(folder.resolve("copy"));
        try (Stream<Path> files = Files.list(model)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, copy.resolve(file.getFileName()));
            }
        }
        return copy;
    }

    private static void flip(Path file, long index, int mask) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[(int) index] ^= (byte) mask;
        Files.write(file, bytes);
    }

    /** Its bits, or nothing that any number has, where it cannot be decoded. */
    private static long value(Path model, String name, long element) {
        try (Checkpoint checkpoint = CodedTensors.open(model)) {
            return Float.floatToRawIntBits(
                    checkpoint.floats(checkpoint.find(name).orElseThrow(), element, 1, 1)[0]);
        } catch (InputException refused) {
            return Long.MAX_VALUE;
        }
    }

    /** Of a scale that is written as text, the last digits may be rounded away one by one, and count together. */
    private static boolean isAboutTheSame(long value, long other) {
        return other == Long.MAX_VALUE
                || Math.abs(Float.intBitsToFloat((int) value) - Float.intBitsToFloat((int) other))
                        <= 1e-5 * Math.abs(Float.intBitsToFloat((int) value));
    }

    private static boolean isDecidedByOne(List<FileBits> bits, Path model, String tensor, long element, long value)
            throws IOException {
        for (FileBits tried : bits) {
            flip(tried.file(), tried.bits().index(), tried.bits().mask());
            long now = value(model, tensor, element);
            flip(tried.file(), tried.bits().index(), tried.bits().mask());
            if (now != value) {
                return true;
            }
        }
        return false;
    }

    @ParameterizedTest
    @MethodSource("io.github.swscan.fixture.CodedTensors#quantized")
    void anElementFollowsFromTheseBitsAndNoOthersOfTheirBytes(String name, String tensorName) throws IOException {
        Path model = copyOf(CodedTensors.path(name));
        Random random = new Random(3);
        for (int i = 0; i < ELEMENTS; i++) {
            List<FileBits> bits;
            long element;
            try (Checkpoint checkpoint = CodedTensors.open(model)) {
                TensorInfo tensor = checkpoint.find(tensorName).orElseThrow();
                element = random.nextLong(tensor.elements());
                bits = checkpoint.bitsOf(tensor, element);
            }
            long value = value(model, tensorName, element);

            assertThat(bits).as("element %d", element).isNotEmpty();
            assertThat(isDecidedByOne(bits, model, tensorName, element, value)).isTrue();
            for (int attempt = 0; attempt < TRIED; attempt++) {
                FileBits tried = bits.get(random.nextInt(bits.size()));
                ByteBits byteOfIt = tried.bits();
                int others = ~byteOfIt.mask() & 0xFF;

                flip(tried.file(), byteOfIt.index(), others);
                assertThat(isAboutTheSame(value, value(model, tensorName, element)))
                        .as("byte %s", byteOfIt)
                        .isTrue();
                flip(tried.file(), byteOfIt.index(), others);
            }
        }
    }
}
