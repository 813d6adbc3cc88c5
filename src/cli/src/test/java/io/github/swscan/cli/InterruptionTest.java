package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.github.swscan.fixture.Models;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

@EnabledOnOs(OS.LINUX)
class InterruptionTest {

    static final int SIGINT = 2;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({"detect, INT, 130", "detect, TERM, 143", "ablate, INT, 130", "ablate, TERM, 143"})
    void endsAtOnceInOneLineAndLeavesTheOldReportAlone(String command, String signal, int code)
            throws IOException, InterruptedException {
        assumeThat(signal.equals("INT") && isIgnored(SIGINT))
                .as("this process ignores the signal, so that its children do")
                .isFalse();
        Path report = Files.writeString(folder.resolve("report.json"), "old");
        Process process = ChildJvm.builder(
                        folder,
                        ChildJvm.command(
                                List.of(),
                                command,
                                Models.CRITICAL.toAbsolutePath().toString(),
                                "--prompts",
                                manyPrompts().toString(),
                                "--report",
                                report.toString()))
                .start();
        try {
            waitUntilItComputes(process.errorReader());

            assertEndsAtOnce(process, signal, code);

            assertThat(report).hasContent("old");
            assertThat(Models.files(folder)).containsExactly(folder.resolve("prompts.txt"), report);
        } finally {
            process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        }
    }

    @ParameterizedTest
    @CsvSource({"INT, 130", "TERM, 143"})
    void leavesNoPartOfAnEditedCopyAndNoReport(String signal, int code) throws IOException, InterruptedException {
        assumeThat(signal.equals("INT") && isIgnored(SIGINT)).isFalse();
        Process process = startCopying();
        try {
            assertEndsAtOnce(process, signal, code);

            assertThat(folder.toFile().list()).containsExactly("model");
        } finally {
            process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        }
    }

    /** What fails because the program is being ended is no news. */
    static final class FailsWhileItEnds {

        private FailsWhileItEnds() {}

        public static void main(String[] arguments) {
            CommandLine command = new CommandLine(new Swscan());
            Failures.tell(command, "before");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> Failures.tell(command, "too late")));
            System.exit(0);
        }
    }

    @Test
    void nothingElseIsToldWhileTheProgramIsBeingEnded() throws IOException, InterruptedException {
        Process process = ChildJvm.builder(
                        folder,
                        List.of(
                                ChildJvm.java(),
                                "-cp",
                                System.getProperty("java.class.path"),
                                FailsWhileItEnds.class.getName()))
                .start();

        assertThat(ChildJvm.finish(process)).isEqualTo(new CommandRun(0, "", "swscan: before\n"));
    }

    @Test
    void theNextRunRemovesWhatAKilledOneLeft() throws IOException, InterruptedException {
        Process process = startCopying();
        process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        assertThat(folder.toFile().list()).hasSize(3).contains("model");

        CommandRun run = ChildJvm.run(
                folder, "detect", Models.CRITICAL.toAbsolutePath().toString(), "-q", "--report=report.json");

        assertThat(run.code()).isZero();
        assertThat(folder.toFile().list()).containsExactlyInAnyOrder("model", "report.json");
    }

    /** The model lies beside a file that takes long to copy. */
    private Process startCopying() throws IOException, InterruptedException {
        Path model = Models.copy(Models.CRITICAL, folder.resolve("model"));
        try (RandomAccessFile large =
                new RandomAccessFile(model.resolve("zeros").toFile(), "rw")) {
            large.setLength(1L << 34);
        }
        Process process = ChildJvm.builder(
                        folder,
                        ChildJvm.command(
                                List.of(),
                                "ablate",
                                model.toString(),
                                "--weight=1:57:123",
                                "--only=remove",
                                "--report=" + folder.resolve("report.json"),
                                "--save-edited=" + folder.resolve("copy")))
                .start();
        while (process.isAlive() && Models.files(folder).stream().noneMatch(InterruptionTest::isPartOfACopy)) {
            Thread.sleep(10);
        }
        return process;
    }

    private static void assertEndsAtOnce(Process process, String signal, int code)
            throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                .start()
                .waitFor();

        CommandRun run = ChildJvm.finish(process);

        assertThat(run.err().lines().filter(line -> !line.contains(" % of "))).containsExactly("swscan: interrupted");
        assertThat(run.code()).isEqualTo(code);
    }

    private static boolean isPartOfACopy(Path file) {
        return file.toString().endsWith(".tmp") && Files.isDirectory(file);
    }

    /** Enough for many seconds, not more than fits into memory. */
    private Path manyPrompts() throws IOException {
        String prompt = "To be, or not to be, that is the question: whether 'tis nobler in the mind to suffer";
        return Files.write(
                folder.resolve("prompts.txt"),
                Stream.generate(() -> prompt).limit(5_000).toList());
    }

    static void waitUntilItComputes(BufferedReader err) throws IOException {
        String line = err.readLine();
        while (line != null && !line.contains(" % of ")) {
            line = err.readLine();
        }
        assertThat(line).isNotNull();
    }

    static boolean isIgnored(int signal) throws IOException {
        try (Stream<String> status = Files.lines(Path.of("/proc/self/status"))) {
            return status.filter(line -> line.startsWith("SigIgn:"))
                    .map(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
                    .anyMatch(ignored -> (ignored >> (signal - 1) & 1) == 1);
        }
    }
}
