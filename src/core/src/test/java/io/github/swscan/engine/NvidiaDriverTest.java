package io.github.swscan.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.fixture.StandInDriver;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Holds the calls of the driver to its interface, with a library that stands in for it. */
class NvidiaDriverTest {

    @TempDir
    private Path folder;

    @Test
    void tellsNameAndGenerationOfEveryGpu() throws IOException, InterruptedException {
        assertThat(NvidiaDriver.gpus(StandInDriver.library(folder, 0).toString()))
                .containsExactly(new Gpu("Tesla V100", 7), new Gpu("A100", 8));
    }

    @Test
    void aDriverThatDoesNotStartShowsNone() throws IOException, InterruptedException {
        int noDevice = 100;
        assertThat(NvidiaDriver.gpus(StandInDriver.library(folder, noDevice).toString()))
                .isEmpty();
    }

    @Test
    void withoutADriverThereAreNone() {
        assertThat(NvidiaDriver.gpus(folder.resolve("libcuda.so.1").toString())).isEmpty();
    }
}
