package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@EnabledOnOs(OS.LINUX)
class InterruptionTest {

    private static final int SIGINT = 2;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({"INT, 130", "TERM, 143"})
    void endsAtOnceInOneLineAndLeavesTheOldReportAlone(String signal, int code)
            throws IOException, InterruptedException {
        assumeThat(signal.equals("INT") && isIgnored(SIGINT))
                .as("this process ignores the signal, so that its children do")
                .isFalse();
        Path report = Files.writeString(folder.resolve("report.json"), "old");
        Process process = ChildJvm.builder(
                        folder,
                        ChildJvm.command(
                                List.of(),
                                "detect",
                                Models.CRITICAL.toAbsolutePath().toString(),
                                "--prompts",
                                manyPrompts().toString(),
                                "--report",
                                report.toString()))
                .start();
        try {
            waitUntilItComputes(process.inputReader());
            new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                    .start()
                    .waitFor();

            CommandRun run = ChildJvm.finish(process);

            assertThat(run.err().lines().filter(line -> !line.contains(" % of ")))
                    .containsExactly("swscan: interrupted");
            assertThat(run.code()).isEqualTo(code);
            assertThat(report).hasContent("old");
            assertThat(Models.files(folder)).containsExactly(folder.resolve("prompts.txt"), report);
        } finally {
            process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        }
    }

    /** Enough for many seconds, not more than fits into memory. */
    private Path manyPrompts() throws IOException {
        String prompt = "To be, or not to be, that is the question: whether 'tis nobler in the mind to suffer";
        return Files.write(
                folder.resolve("prompts.txt"),
                Stream.generate(() -> prompt).limit(5_000).toList());
    }

    /** The head of the output is printed once the engine has started. */
    private static void waitUntilItComputes(BufferedReader out) throws IOException {
        String line = out.readLine();
        while (line != null && !line.startsWith("tokens ")) {
            line = out.readLine();
        }
        assertThat(line).isNotNull();
    }

    private static boolean isIgnored(int signal) throws IOException {
        try (Stream<String> status = Files.lines(Path.of("/proc/self/status"))) {
            return status.filter(line -> line.startsWith("SigIgn:"))
                    .map(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
                    .anyMatch(ignored -> (ignored >> (signal - 1) & 1) == 1);
        }
    }
}
