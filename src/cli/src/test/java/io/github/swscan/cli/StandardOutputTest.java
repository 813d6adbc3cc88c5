package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.github.swscan.fixture.Models;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of a run whose output cannot be written. */
@DisabledOnOs(OS.WINDOWS)
class StandardOutputTest {

    private static final File FULL = new File("/dev/full");

    /** Else newer Javas write to a file of their own, which would take the place of a standard output that is closed. */
    private static final List<String> AS_LAUNCHED = List.of("-XX:-UsePerfData");

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--help",
                "--version",
                "help detect",
                "detect --help",
                "families",
                "known",
                "inspect MODEL",
                "detect MODEL",
                "detect MODEL --format=json --fail-on=critical",
                "detect MODEL no-such-model",
                "ablate MODEL --weight=1:57:123 --only=remove"
            })
    void onAFullDeviceIsAFailure(String arguments) throws IOException, InterruptedException {
        assumeThat(FULL).exists();

        CommandRun run = ChildJvm.finish(builder(arguments).redirectOutput(FULL).start());

        assertThat(run.withoutProgress()
                        .err()
                        .lines()
                        .filter(line -> !line.matches(".*(no-such-model|policy violated).*")))
                .containsExactly("swscan: standard output: cannot be written: No space left on device");
        assertThat(run.code()).isEqualTo(4);
        assertReported(arguments);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "inspect MODEL", "detect MODEL"})
    void thatIsClosedIsAFailure(String arguments) throws IOException, InterruptedException {
        ProcessBuilder builder = builder(arguments);
        List<String> command = new ArrayList<>(List.of("sh", "-c", "exec \"$@\" >&-", "sh"));
        command.addAll(builder.command());

        CommandRun run = ChildJvm.finish(builder.command(command).start());

        run.withoutProgress().assertFailed(4, "swscan: standard output: cannot be written: ");
        assertReported(arguments);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "families", "inspect MODEL", "detect MODEL --format=json"})
    void thatNobodyReadsAnyMoreIsNoFailure(String arguments) throws IOException, InterruptedException {
        Process process = builder(arguments).start();
        process.getInputStream().close();

        String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();

        assertThat(new CommandRun(process.exitValue(), "", err).withoutProgress())
                .isEqualTo(new CommandRun(0, "", ""));
        assertReported(arguments);
    }

    @ParameterizedTest
    @ValueSource(strings = {"detect MODEL -q", "inspect MODEL -q"})
    void thatIsNotUsedNeedsNoPlace(String arguments) throws IOException, InterruptedException {
        assumeThat(FULL).exists();

        assertThat(ChildJvm.finish(builder(arguments).redirectOutput(FULL).start())
                        .withoutProgress())
                .isEqualTo(new CommandRun(0, "", ""));
    }

    private ProcessBuilder builder(String arguments) {
        String model = Models.CRITICAL.toAbsolutePath().toString();
        return ChildJvm.builder(
                folder,
                ChildJvm.command(AS_LAUNCHED, arguments.replace("MODEL", model).split(" ")));
    }

    /** A report in a file is written nevertheless; one that is printed has none. */
    private void assertReported(String arguments) {
        assertThat(Models.files(folder)).hasSize(arguments.matches("(detect|ablate) MODEL(?!.*json).*") ? 1 : 0);
    }
}
