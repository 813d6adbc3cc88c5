package io.github.swscan.checkpoint;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.swscan.input.LocalSource;
import io.github.swscan.input.MalformedInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WeightIndexTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"[", "{\"a\":"})
    void deepNestingIsRefused(String bracket) throws IOException {
        Path index = Files.writeString(folder.resolve("index.json"), "{\"metadata\":" + bracket.repeat(100_000));

        assertThatExceptionOfType(MalformedInputException.class)
                .isThrownBy(() -> WeightIndex.read(LocalSource.of(index)))
                .withMessageContaining("is beyond what a checkpoint needs: Document nesting depth");
    }
}
