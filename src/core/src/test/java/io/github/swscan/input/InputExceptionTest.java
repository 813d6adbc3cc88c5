package io.github.swscan.input;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class InputExceptionTest {
    private static final Path FILE = Path.of("config.json");

    @ParameterizedTest
    @MethodSource("parts")
    void messageIsOneLineWithoutEmptyParts(Path file, String field, String problem, String remedy, String message) {
        assertThat(new MalformedInputException(file, field, problem, remedy)).hasMessage(message);
    }

    static Stream<Arguments> parts() {
        return Stream.of(
                Arguments.of(FILE, "a", "is bad", "mend it", "config.json: a: is bad; mend it"),
                Arguments.of(FILE, "", "is bad", "mend it", "config.json: is bad; mend it"),
                Arguments.of(FILE, "", "is bad", "", "config.json: is bad"),
                Arguments.of(Path.of(""), "", "is bad", "", "is bad"),
                Arguments.of(
                        FILE, "a\nb\u001b[31m", "is\r bad", "", "config.json: a\\u000ab\\u001b[31m: is\\u000d bad"),
                Arguments.of(FILE, "\u202egnp", "is \u2028bad", "", "config.json: \\u202egnp: is \\u2028bad"),
                Arguments.of(FILE, "\ud800", "is bad", "", "config.json: \\ud800: is bad"),
                Arguments.of(FILE, "größe 🙂", "is bad", "", "config.json: größe 🙂: is bad"),
                Arguments.of(Path.of("a\nb"), "", "is bad", "", "a\\u000ab: is bad"),
                Arguments.of(FILE, "x".repeat(121), "is bad", "", "config.json: " + "x".repeat(120) + "...: is bad"));
    }

    @Test
    void messageStaysShortWhateverIsInIt() {
        String overlong = "\n".repeat(100_000);

        assertThat(new UnsupportedInputException(FILE, overlong, overlong, overlong).getMessage())
                .hasSizeLessThan(1500)
                .doesNotContain("\n");
    }

    @Test
    void partsAreKeptAsTheyWereGiven() {
        Throwable cause = new IOException("disk");
        InputException exception = new MissingInputException(FILE, "a\nb", "is bad", "mend it", cause);

        assertThat(exception.file()).isEqualTo(FILE);
        assertThat(exception.field()).isEqualTo("a\nb");
        assertThat(exception.problem()).isEqualTo("is bad");
        assertThat(exception.remedy()).isEqualTo("mend it");
        assertThat(exception).hasCause(cause);
    }

    @ParameterizedTest
    @MethodSource("failures")
    void failureToReadIsSaidInPlainWords(IOException failure, String problem) {
        assertThat(InputException.unreadable(FILE, failure))
                .isInstanceOf(MissingInputException.class)
                .hasCause(failure)
                .hasMessageStartingWith("config.json: " + problem);
    }

    static Stream<Arguments> failures() {
        return Stream.of(
                Arguments.of(new NoSuchFileException("x"), "does not exist; check the path"),
                Arguments.of(new AccessDeniedException("x"), "cannot be read: permission denied; make it readable"),
                Arguments.of(new FileSystemLoopException("x"), "cannot be read: its symbolic links form a loop"),
                Arguments.of(
                        new FileSystemException("x", null, "Too many levels of symbolic links"),
                        "cannot be read: Too many levels of symbolic links"),
                Arguments.of(new IOException("Input/output error"), "cannot be read: Input/output error"),
                Arguments.of(new IOException((String) null), "cannot be read: IOException"));
    }

    @Test
    void folderInPlaceOfFileIsNamedAsSuch(@TempDir Path folder) {
        assertThat(InputException.unreadable(folder, new IOException("Is a directory")))
                .hasMessageContaining("is a folder, not a file");
    }

    @Test
    void linkThatLeadsNowhereIsNamedAsSuch(@TempDir Path folder) throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("nowhere"));

        assertThat(InputException.unreadable(link, new NoSuchFileException("link")))
                .hasMessageContaining("is a symbolic link to a file that does not exist");
    }
}
