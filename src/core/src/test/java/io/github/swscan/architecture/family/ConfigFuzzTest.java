package io.github.swscan.architecture.family;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Parameters;
import io.github.swscan.fixture.ReadOrRefused;
import io.github.swscan.fixture.SeedsFirst;
import io.github.swscan.input.LocalSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.ArgumentsSource;

class ConfigFuzzTest {

    @TempDir
    private static Path folder;

    /** Whatever is accepted describes a model. */
    @ArgumentsSource(SeedsFirst.class)
    @FuzzTest
    void file(byte[] content) throws IOException {
        Path file = Files.write(folder.resolve("config.json"), content);
        ReadOrRefused.check(file, path -> {
            Architecture architecture = Families.describe(Config.read(LocalSource.of(path)), Set.of());
            assertThat(architecture.layers()).isPositive();
            assertThat(architecture.intermediateSize()).isPositive();
            assertThat(Parameters.of(architecture)).isNotEmpty();
        });
    }
}
