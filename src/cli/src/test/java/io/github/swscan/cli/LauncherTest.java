package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.github.swscan.fixture.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The script that starts the program: what it makes of a Java that does not start or dies, and of signals. */
@EnabledOnOs(OS.LINUX)
class LauncherTest {

    private static final String MODEL = Models.CRITICAL.toAbsolutePath().toString();

    @TempDir
    private static Path installed;

    private static Distribution distribution;

    @TempDir
    private Path folder;

    @BeforeAll
    static void install() throws IOException {
        distribution = Distribution.in(installed.resolve("swscan"));
    }

    private ProcessBuilder builder(String javaOptions, List<String> command) {
        ProcessBuilder builder = ChildJvm.builder(folder, command);
        builder.environment().put("SWSCAN_JAVA_OPTS", javaOptions);
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        return builder;
    }

    private CommandRun run(String javaOptions, List<String> command) throws IOException, InterruptedException {
        return ChildJvm.finish(builder(javaOptions, command).start());
    }

    @ParameterizedTest
    @ValueSource(strings = {"-Xmx999999g", "-XX:+NoSuchOption", "-Xmx1", "-javaagent:none.jar", "--add-modules=none"})
    void aJavaThatDoesNotStartIsNoViolation(String javaOptions) throws IOException, InterruptedException {
        run(javaOptions, distribution.command("detect", MODEL, "--fail-on", "critical"))
                .assertFailed(4, "swscan: Java did not start: ");
        assertThat(folder).isEmptyDirectory();
    }

    /** Java then ends with 0, 3 or other codes that swscan has too. */
    @ParameterizedTest
    @ValueSource(strings = {"-version", "--version", "-help", "-X", "-Xmx8m -XX:+ExitOnOutOfMemoryError"})
    void aJavaThatEndsInPlaceOfTheProgramIsAFailure(String javaOptions) throws IOException, InterruptedException {
        CommandRun run = run(javaOptions, distribution.command("detect", MODEL, "--quiet"));

        assertThat(run.code()).isEqualTo(4);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).matches("swscan: (Java|SWSCAN_JAVA_OPTS holds -) ?[^\n]+\n");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void aLauncherThatIsReachedByALinkToItsFolderFindsItsHome() throws IOException, InterruptedException {
        Path link = Files.createSymbolicLink(
                folder.resolve("link"), Path.of(distribution.command().get(0)).getParent());

        assertThat(run("", List.of(link.resolve("swscan").toString(), "--version"))
                        .code())
                .isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {100_000, 1_000_000})
    void tooFewAddressesAreNoViolation(int kilobytes) throws IOException, InterruptedException {
        String limited = "ulimit -v %d; exec '%s' --version"
                .formatted(kilobytes, distribution.command().get(0));

        run("", List.of("sh", "-c", limited)).assertFailed(4, "swscan: Java d");
    }

    @ParameterizedTest
    @ValueSource(ints = {14, 18, 30, 60, 99})
    void tooFewOpenFilesAreToldInOneLine(int files) throws IOException, InterruptedException {
        String limited = "ulimit -n %d; exec '%s' detect '%s' --quiet"
                .formatted(files, distribution.command().get(0), MODEL);

        run("", List.of("sh", "-c", limited))
                .assertFailed(4, "swscan: only " + files + " files may be open at once, and 100 are needed");
    }

    /** What is logged is for those who ask for it. */
    @ParameterizedTest
    @ValueSource(strings = {"logback-classic", "logback-core"})
    void withoutItsLogTheProgramRuns(String name) throws IOException, InterruptedException {
        Distribution incomplete = Distribution.in(folder.resolve("swscan"));
        try (Stream<Path> jars = Files.list(incomplete.lib(""))) {
            Path jar = jars.filter(file -> file.getFileName().toString().startsWith(name))
                    .findFirst()
                    .orElseThrow();
            Files.delete(jar);
            Files.write(jar, new byte[1000]);
        }

        CommandRun run = run("", incomplete.command("inspect", MODEL));

        assertThat(run.code()).isZero();
        assertThat(run.err()).isEmpty();
    }

    @Test
    void aPipeInPlaceOfTheArchiveOfClassesIsNotRead() throws IOException, InterruptedException {
        Distribution other = Distribution.in(folder.resolve("swscan"));
        String archive = other.lib(System.getProperty("java.runtime.version")).toString();
        assertThat(new ProcessBuilder("mkfifo", archive + ".jsa", archive + ".at")
                        .start()
                        .waitFor())
                .isZero();

        assertThat(run("", other.command("--version")).code()).isZero();
    }

    /** Of a script in place of Java, which tells how it was called. */
    @ParameterizedTest
    @CsvSource({"tmp, true", "none, false", "relative, false"})
    void temporaryFilesGoWhereTheEnvironmentSays(String name, boolean taken) throws IOException, InterruptedException {
        Path java = Files.createDirectories(folder.resolve("jdk/bin")).resolve("java");
        Files.writeString(java, "#!/bin/sh\nprintf '%s\\n' \"$@\" >&4\nexit 100\n");
        assertThat(java.toFile().setExecutable(true)).isTrue();
        Files.writeString(folder.resolve("jdk/release"), "JAVA_VERSION=\"17\"\n");
        Path temporary = Files.createDirectories(folder.resolve("tmp")).resolveSibling(name);
        ProcessBuilder builder = builder("-Xmx1g", distribution.command("--version"));
        builder.environment().put("JAVA_HOME", folder.resolve("jdk").toString());
        builder.environment().put("TMPDIR", name.equals("relative") ? "tmp" : temporary.toString());

        CommandRun run = ChildJvm.finish(builder.start());

        assertThat(run.code()).isZero();
        assertThat(run.err()
                        .lines()
                        .filter(option -> option.startsWith("-Djava.io.tmpdir="))
                        .toList())
                .isEqualTo(taken ? List.of("-Djava.io.tmpdir=" + temporary) : List.of());
    }

    @Test
    void aProgramThatIsCutOffIsNoViolation() throws IOException, InterruptedException {
        Distribution damaged = Distribution.in(folder.resolve("swscan"));
        byte[] jar = Files.readAllBytes(damaged.lib("swscan.jar"));
        Files.write(damaged.lib("swscan.jar"), Arrays.copyOf(jar, jar.length / 2));

        run("", damaged.command("--version")).assertFailed(4, "swscan: Java did not start: ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"picocli", "swscan"})
    void aJarThatIsMissingIsNoViolation(String name) throws IOException, InterruptedException {
        Distribution incomplete = Distribution.in(folder.resolve("swscan"));
        try (Stream<Path> jars = Files.list(incomplete.lib(""))) {
            for (Path jar : jars.filter(file -> file.getFileName().toString().startsWith(name))
                    .toList()) {
                Files.delete(jar);
            }
        }

        run("", incomplete.command("--version")).assertFailed(4, "swscan: Java did not start: ");
    }

    /** The virtual machine aborts, as it does where a library fails that it has loaded. */
    @Test
    void aJavaThatDiesIsToldInOneLineAndLeavesNothing() throws IOException, InterruptedException {
        run("-Xmx4m -XX:+CrashOnOutOfMemoryError", distribution.command("detect", MODEL, "--quiet"))
                .assertFailed(4, "swscan: Java died (signal 6");
        assertThat(folder).isEmptyDirectory();
    }

    @ParameterizedTest
    @CsvSource({"--version, 0", "detct, 2", "inspect no-such-model, 3", "detect MODEL --report /proc/r.json, 4"})
    void theProgramsOwnCodesStay(String arguments, int code) throws IOException, InterruptedException {
        CommandRun run =
                run("", distribution.command(arguments.replace("MODEL", MODEL).split(" ")));

        assertThat(run.code()).isEqualTo(code);
        assertThat(run.err().lines()).hasSize(code == 0 ? 0 : 1);
    }

    @Test
    void aViolatedPolicyIsOne() throws IOException, InterruptedException {
        CommandRun run = run("", distribution.command("detect", MODEL, "--quiet", "--fail-on", "critical"));

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
    }

    /** Else the first file that the program opens would be its standard output. */
    @Test
    void outputToAStreamThatIsClosedIsLost() throws IOException, InterruptedException {
        String command = "'%s' detect '%s' --quiet --format json --report r.json >&-"
                .formatted(distribution.command().get(0), MODEL);

        run("", List.of("sh", "-c", command)).assertFailed(4, "standard output: cannot be written");
        assertThat(folder.resolve("r.json")).content().startsWith("{").endsWith("}\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"<&-", ">&-", "2>&-"})
    void aStreamThatIsClosedKeepsNothingFromRunning(String closed) throws IOException, InterruptedException {
        String command =
                "'%s' inspect no-such-model %s".formatted(distribution.command().get(0), closed);

        assertThat(run("", List.of("sh", "-c", command)).code()).isEqualTo(3);
    }

    @Test
    void standardInputReachesTheProgram() throws IOException, InterruptedException {
        String command = "echo '[[1, word' | '%s' detect '%s' --token-ids /dev/stdin"
                .formatted(distribution.command().get(0), MODEL);

        run("", List.of("sh", "-c", command)).assertFailed(3, "/dev/stdin", "'word'");
    }

    @ParameterizedTest
    @CsvSource({"INT, 130", "TERM, 143", "HUP, 129"})
    void signalsReachTheProgram(String signal, int code) throws IOException, InterruptedException {
        assumeThat(InterruptionTest.isIgnored(InterruptionTest.SIGINT))
                .as("this process ignores the signal, so that its children do")
                .isFalse();
        Process process = startComputing();
        try {
            kill(signal, process.pid());

            CommandRun run = ChildJvm.finish(process);

            assertThat(run.err().lines().filter(line -> !line.contains(" % of ")))
                    .containsExactly("swscan: interrupted");
            assertThat(run.code()).isEqualTo(code);
        } finally {
            process.destroyForcibly();
        }
    }

    /** Before there is a program that could tell it, or a Java. */
    @ParameterizedTest
    @CsvSource({"INT, 0, 130", "INT, 30, 130", "INT, 80, 130", "TERM, 50, 143"})
    void signalsAtTheStartAreTold(String signal, int milliseconds, int code) throws IOException, InterruptedException {
        assumeThat(InterruptionTest.isIgnored(InterruptionTest.SIGINT)).isFalse();
        Process process = builder("", distribution.command("detect", MODEL)).start();
        while (process.isAlive() && !isCaught(process.pid(), InterruptionTest.SIGINT)) {
            Thread.sleep(1);
        }
        Thread.sleep(milliseconds);
        kill(signal, process.pid());

        CommandRun run = ChildJvm.finish(process);

        assertThat(run.err()).isEqualTo("swscan: interrupted\n");
        assertThat(run.code()).isEqualTo(code);
        assertThat(run.out()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"KILL, was killed (signal 9)", "SEGV, died (signal "})
    void aJavaThatIsKilledWhileItComputesIsAFailure(String signal, String told)
            throws IOException, InterruptedException {
        Process process = startComputing();
        long java = process.children().findFirst().orElseThrow().pid();

        kill(signal, java);
        CommandRun run = ChildJvm.finish(process);

        assertThat(run.err().lines().filter(line -> !line.contains(" % of ")))
                .singleElement()
                .asString()
                .startsWith("swscan: Java " + told);
        assertThat(run.code()).isEqualTo(4);
    }

    @Test
    void aJavaWhoseLauncherIsKilledEndsToo() throws IOException, InterruptedException {
        Process process = startComputing();
        ProcessHandle java = process.children().findFirst().orElseThrow();

        kill("KILL", process.pid());

        assertThat(java.onExit().orTimeout(30, TimeUnit.SECONDS)).isNotCompletedExceptionally();
        java.onExit().orTimeout(30, TimeUnit.SECONDS).join();
        assertThat(folder.resolve("report.json")).doesNotExist();
    }

    private Process startComputing() throws IOException {
        Path prompts = Files.write(
                folder.resolve("prompts.txt"),
                Stream.generate(() -> "To be, or not to be, that is the question: whether 'tis nobler")
                        .limit(5_000)
                        .toList());
        List<String> arguments = new ArrayList<>(
                distribution.command("detect", MODEL, "--report", "report.json", "--prompts", prompts.toString()));
        Process process = builder("", arguments).start();
        InterruptionTest.waitUntilItComputes(process.errorReader());
        return process;
    }

    /** Whether the shell has read the lines that say what to do. */
    private static boolean isCaught(long process, int signal) throws IOException {
        try (Stream<String> status = Files.lines(Path.of("/proc", Long.toString(process), "status"))) {
            return status.filter(line -> line.startsWith("SigCgt:"))
                    .map(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
                    .anyMatch(caught -> (caught >> (signal - 1) & 1) == 1);
        }
    }

    private static void kill(String signal, long process) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + signal, Long.toString(process)).start().waitFor();
    }
}
