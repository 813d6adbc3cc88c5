package io.github.swscan.architecture.family;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.swscan.architecture.Parameters;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.fixture.ReadOrRefused;
import io.github.swscan.fixture.SeedsFirst;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.ArgumentsSource;

class GgufModelFuzzTest {

    @TempDir
    private static Path folder;

    /** Whatever is accepted describes a model. */
    @ArgumentsSource(SeedsFirst.class)
    @FuzzTest
    void file(byte[] content) throws IOException {
        Path file = Files.write(folder.resolve("model.gguf"), content);
        ReadOrRefused.check(file, path -> {
            Checkpoint checkpoint = Checkpoint.open(CheckpointLocation.find(path));
            GgufModel.of(checkpoint)
                    .map(model -> model.describe(Optional.empty()))
                    .ifPresent(architecture -> {
                        assertThat(architecture.layers()).isPositive();
                        assertThat(architecture.intermediateSize()).isPositive();
                        assertThat(Parameters.of(architecture)).isNotEmpty();
                    });
        });
    }
}
