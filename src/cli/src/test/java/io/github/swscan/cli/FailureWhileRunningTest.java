package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.github.swscan.cli.option.OutputOptions;
import io.github.swscan.fixture.Models;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class FailureWhileRunningTest {

    private static final String MODEL = Models.CRITICAL.toString();

    @TempDir
    private Path folder;

    /** A command that fails. */
    @Command(name = "fail")
    private static final class Failing implements Callable<Integer> {

        private final Throwable failure;

        @Mixin
        private OutputOptions output;

        Failing(Throwable failure) {
            this.failure = failure;
        }

        @Override
        public Integer call() throws Exception {
            output.configureLogging();
            if (failure instanceof Error error) {
                throw error;
            }
            throw (Exception) failure;
        }
    }

    static Stream<Arguments> failures() {
        return Stream.of(
                Arguments.of(new IllegalStateException("no state"), "swscan: failed: IllegalStateException: no state;"),
                Arguments.of(new IllegalStateException("two\nlines"), "swscan: failed: IllegalStateException: two;"),
                Arguments.of(new IOException(), "swscan: failed: IOException;"),
                Arguments.of(new NullPointerException(), "swscan: failed: NullPointerException;"),
                Arguments.of(new StackOverflowError(), "swscan: failed: StackOverflowError;"),
                Arguments.of(new UnsatisfiedLinkError("no torch"), "swscan: failed: UnsatisfiedLinkError: no torch;"),
                Arguments.of(
                        new ExceptionInInitializerError(new IOException("no file")),
                        "swscan: failed: IOException: no file;"),
                Arguments.of(new InternalError("a fault occurred"), "swscan: failed: InternalError: a fault occurred;"),
                Arguments.of(
                        new IllegalStateException("CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total"),
                        "swscan: out of memory on cuda:0 (20.00 MiB more were needed); "),
                Arguments.of(new OutOfMemoryError("Java heap space"), "swscan: out of memory: Java heap space; "));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void isToldInOneLineWhateverIsThrown(Throwable failure, String line) {
        CommandRun run = run(failure);

        run.assertFailed(4, line);
        assertThat(run.err()).startsWith(line);
    }

    @ParameterizedTest
    @MethodSource("failures")
    void hasAStackTraceWithVerboseOnly(Throwable failure, String line) {
        CommandRun run = run(failure, "--verbose");

        assertThat(run.code()).isEqualTo(4);
        assertThat(run.out()).isEmpty();
        assertThat(run.err())
                .contains(failure.getClass().getName(), "\tat " + FailureWhileRunningTest.class.getName())
                .doesNotContain("--verbose");
        assertThat(run.err().lines().toList().get((int) run.err().lines().count() - 1))
                .startsWith(line.substring(0, line.length() - 2));
    }

    private static CommandRun run(Throwable failure, String... options) {
        CommandLine commandLine = Swscan.commandLine().addSubcommand(new Failing(failure));
        return CommandRun.of(
                commandLine,
                Stream.concat(Stream.of("fail"), Stream.of(options)).toArray(String[]::new));
    }

    @Test
    void anInputErrorHasAStackTraceWithVerboseToo() {
        CommandRun run = CommandRun.of("inspect", "no-such-model", "--verbose");

        assertThat(run.code()).isEqualTo(3);
        assertThat(run.err()).contains("\tat io.github.swscan.").endsWith("check the path\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"cuda", "cuda:0", "cuda:15"})
    void aDeviceThatIsNotThere(String device) {
        assumeThat(new File("/dev/nvidiactl")).doesNotExist();
        CommandRun.of("detect", MODEL, "--device", device, "--report", report("r.json"))
                .assertFailed(4, "swscan: --device cuda:", "this build of swscan has no CUDA", "use --device cpu");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void anEngineThatDoesNotStartLeavesTheOldReportAlone() throws IOException, InterruptedException {
        Path report = Files.writeString(folder.resolve("swscan-report.json"), "old");
        ProcessBuilder builder = ChildJvm.builder(
                folder,
                ChildJvm.command(
                        List.of(),
                        "detect",
                        Models.reference("llama").toAbsolutePath().toString()));
        builder.environment().put("DJL_CACHE_DIR", "/proc/no-cache");

        ChildJvm.finish(builder.start())
                .assertFailed(4, "swscan: the PyTorch engine did not start: ", "/proc/no-cache");
        assertThat(Models.files(folder)).containsExactly(report);
        assertThat(report).hasContent("old");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aTokenizerLibraryThatDoesNotLoadIsNotTheTokenizersFault() throws IOException, InterruptedException {
        ProcessBuilder builder = ChildJvm.builder(
                folder,
                ChildJvm.command(
                        List.of(), "detect", Models.CRITICAL.toAbsolutePath().toString()));
        builder.environment().put("DJL_CACHE_DIR", "/proc/no-cache");

        CommandRun run = ChildJvm.finish(builder.start());

        run.assertFailed(4, "swscan: the tokenizer library did not load: ", "DJL_CACHE_DIR");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void wrongUsageIsToldBeforeADeviceThatIsNotThere() {
        CommandRun.of("detect", MODEL, "--device", "cuda", "--spike-ratio", "0")
                .assertFailed(2, "--spike-ratio must be a number above 0");
    }

    @Test
    void aReportInAFolderThatIsNotThere() {
        CommandRun.of("detect", MODEL, "--report", report("no/such/r.json"))
                .assertFailed(4, "no/such/r.json: cannot be written: the folder does not exist");
        assertThat(folder).isEmptyDirectory();
    }

    /** Not even a privileged user can write there. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void aReportWhereNoFileCanBe() {
        CommandRun.of("detect", MODEL, "--report", "/proc/r.json").assertFailed(4, "/proc/r.json: cannot be written: ");
    }

    @Test
    void aReportWithTooLongAName() {
        CommandRun.of("detect", MODEL, "--report", report("r".repeat(300)))
                .assertFailed(4, ": cannot be written: ", "File name too long");
    }

    @Test
    void aReportThatIsADeviceIsWrittenToAndStaysOne() throws IOException {
        Path device = Path.of("/dev/full");
        assumeThat(Files.exists(device) && !Files.isRegularFile(device)).isTrue();

        CommandRun run = CommandRun.of("detect", MODEL, "--quiet", "--report", device.toString());

        run.assertFailed(4, "/dev/full: cannot be written: No space left on device");
        assertThat(Files.isRegularFile(device)).isFalse();
    }

    private String report(String name) {
        return folder.resolve(name).toString();
    }
}
