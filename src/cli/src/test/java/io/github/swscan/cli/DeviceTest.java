package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.fixture.Models;
import io.github.swscan.fixture.StandInDriver;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What a build without CUDA says on a machine whose driver shows GPUs. */
@EnabledOnOs(OS.LINUX)
class DeviceTest {

    private static final String MODEL =
            Models.reference("llama").toAbsolutePath().toString();

    @TempDir
    private Path folder;

    @TempDir
    private Path libraries;

    @Test
    void autoComputesOnTheCpuAndSaysWhyInOneLine() throws IOException, InterruptedException {
        CommandRun run = detect();

        assertThat(run.code()).isZero();
        assertThat(run.err())
                .startsWith(
                        "swscan: computing on the CPU: this build of swscan has no CUDA to use the Tesla V100 with; see docs/cuda.md\n")
                .containsOnlyOnce("CUDA");
        assertThat(run.out()).contains("device      cpu, precision ");
    }

    @Test
    void nothingIsSaidWhereTheCpuIsAskedForOrQuiet() throws IOException, InterruptedException {
        assertThat(detect("--device", "cpu").err()).doesNotContain("CUDA");
        assertThat(detect("--quiet").err()).isEmpty();
    }

    @Test
    void aGpuThatIsAskedForIsRefused() throws IOException, InterruptedException {
        detect("--device", "cuda:1")
                .assertFailed(4, "--device cuda:1: this build of swscan has no CUDA to use the Tesla V100 with");
        assertThat(folder).isEmptyDirectory();
    }

    private CommandRun detect(String... options) throws IOException, InterruptedException {
        Path driver = StandInDriver.library(libraries, 0);
        List<String> arguments = new ArrayList<>(List.of("detect", MODEL));
        arguments.addAll(List.of(options));
        ProcessBuilder builder =
                ChildJvm.builder(folder, ChildJvm.command(List.of(), arguments.toArray(String[]::new)));
        builder.environment().put("LD_LIBRARY_PATH", driver.getParent().toString());
        return ChildJvm.finish(builder.start());
    }
}
