package io.github.swscan.input;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TextFileTest {

    @TempDir
    private Path folder;

    static Arguments[] texts() {
        return new Arguments[] {
            Arguments.of("", ""),
            Arguments.of("a", "a"),
            Arguments.of("größe\n", "größe\n"),
            Arguments.of("\ufeff", ""),
            Arguments.of("\ufeffa", "a"),
            Arguments.of("\ufeff\ufeffa", "\ufeffa"),
            Arguments.of("a\ufeff", "a\ufeff"),
            Arguments.of("\n\ufeffa", "\n\ufeffa"),
            Arguments.of("\ufefe", "\ufefe"),
            Arguments.of("\uf000", "\uf000")
        };
    }

    @ParameterizedTest
    @MethodSource("texts")
    void oneByteOrderMarkAtTheStartIsSkipped(String content, String text) throws IOException {
        Path file = Files.writeString(folder.resolve("text.txt"), content);

        try (InputStream stream = TextFile.open(LocalSource.of(file))) {
            assertThat(new String(stream.readAllBytes(), StandardCharsets.UTF_8))
                    .isEqualTo(text);
        }
        assertThat(TextFile.withoutByteOrderMark(content)).isEqualTo(text);
    }
}
