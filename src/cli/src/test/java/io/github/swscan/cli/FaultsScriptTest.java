package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.fixture.Models;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A small sample of {@code scripts/faults}: scans of a model that another process changes at random moments. */
@EnabledOnOs(OS.LINUX)
class FaultsScriptTest {

    private static final Path SCRIPT = Path.of("scripts", "faults").toAbsolutePath();

    @TempDir
    private Path folder;

    @Test
    void everyScanEndsWithTheRightNumbersOrIsRefused() throws IOException, InterruptedException {
        Path ids = Files.writeString(folder.resolve("ids.json"), "[[1, 5, 5, 7, 2, 9], [1, 2, 3, 8]]");

        Process faults = faults("--moments=8", "--token-ids=" + ids);
        String told = new String(faults.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(faults.waitFor(5, TimeUnit.MINUTES)).isTrue();
        assertThat(told).contains("\n8 scans: ");
        assertThat(faults.exitValue()).as(told).isZero();
    }

    /** Else the other test would tell nothing: a program that gives other numbers each time, or ends otherwise. */
    @Test
    void whatEndsOtherwiseIsToldWithWhatRepeatsIt() throws IOException, InterruptedException {
        Path program = executable("""
                case "$*" in
                    */disturbed/*) exit 134 ;;
                esac
                while [ $# -gt 1 ]; do shift; done
                echo numbers >"$1"
                """);

        Process faults = started(List.of(SCRIPT.toString(), "--moments=2", "--seed=7", "--swscan=" + program));
        String told = new String(faults.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(faults.waitFor()).isEqualTo(1);
        assertThat(told).contains("exit code 134, report not written", "--seed 7 --moments 2 --only 2", "2 failed");
    }

    private Process faults(String... arguments) throws IOException {
        String command = ChildJvm.command(List.of()).stream()
                .map(word -> "'" + word + "'")
                .collect(Collectors.joining(" "));
        Path program = executable("exec " + command + " \"$@\"\n");
        return started(List.of(
                SCRIPT.toString(),
                Models.CRITICAL.toAbsolutePath().toString(),
                "--swscan=" + program,
                arguments[0],
                arguments[1]));
    }

    private Process started(List<String> command) throws IOException {
        return ChildJvm.builder(folder, command).redirectErrorStream(true).start();
    }

    private Path executable(String script) throws IOException {
        Path program = Files.writeString(folder.resolve("program"), "#!/bin/sh\n" + script);
        return Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    }
}
