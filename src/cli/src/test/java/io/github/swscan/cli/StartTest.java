package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.github.swscan.fixture.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The native libraries: unpacked once, and loaded only where something is computed. */
@EnabledOnOs(OS.LINUX)
class StartTest {

    private static final String MODEL = Models.CRITICAL.toAbsolutePath().toString();

    private static final int OTHER_USER = 12_345;

    /** Filled by the first test that needs it. */
    @TempDir
    private static Path unpacked;

    @TempDir
    private Path folder;

    private Path cache() {
        return folder.resolve("cache");
    }

    private Process start(String... arguments) throws IOException {
        return start(Map.of("DJL_CACHE_DIR", cache().toString()), arguments);
    }

    private Process start(Map<String, String> environment, String... arguments) throws IOException {
        return start(environment, ChildJvm.command(List.of("-XX:-PrintWarnings"), arguments));
    }

    private Process start(Map<String, String> environment, List<String> command) throws IOException {
        ProcessBuilder builder = ChildJvm.builder(folder, command);
        builder.environment().keySet().removeAll(List.of("SWSCAN_NATIVE_DIR", "ENGINE_CACHE_DIR", "DJL_CACHE_DIR"));
        builder.environment().putAll(environment);
        return builder.start();
    }

    /** A folder of libraries that an earlier run has unpacked, without the time that it takes. */
    private Path filled(Path natives) throws IOException, InterruptedException {
        if (!Files.exists(unpacked.resolve("pytorch"))) {
            CommandRun run = ChildJvm.finish(start(
                    Map.of(),
                    "detect",
                    MODEL,
                    "-q",
                    "--report=" + folder.resolve("first.json"),
                    "--native-dir=" + unpacked));
            assertThat(run).isEqualTo(new CommandRun(0, "", ""));
            Files.delete(folder.resolve("first.json"));
        }
        try (Stream<Path> entries = Files.walk(unpacked)) {
            for (Path entry : entries.toList()) {
                Path copy = natives.resolve(unpacked.relativize(entry).toString());
                if (Files.isDirectory(entry)) {
                    Files.createDirectories(copy);
                    allow(copy, "rwxr-xr-x");
                } else {
                    Files.createLink(copy, entry);
                }
            }
        }
        return natives;
    }

    /** Not the libraries are at fault then. */
    @Test
    void aTemporaryFolderThatCannotBeWrittenIsNamed() throws IOException, InterruptedException {
        Path natives = filled(folder.resolve("natives"));
        Path none = folder.resolve("none");

        CommandRun run = ChildJvm.finish(start(
                Map.of(),
                ChildJvm.command(
                        List.of("-XX:-PrintWarnings", "-Djava.io.tmpdir=" + none),
                        "detect",
                        MODEL,
                        "--quiet",
                        "--native-dir=" + natives)));

        run.assertFailed(4, "in " + none + " no temporary file can be made; TMPDIR names another folder");
    }

    /** Replaced by another file: those of {@link #filled} are the same in all copies. */
    private static Path damage(Path natives, String library, int bytes) throws IOException {
        try (Stream<Path> files = Files.walk(natives)) {
            Path file = files.filter(entry -> entry.getFileName().toString().endsWith(library))
                    .findFirst()
                    .orElseThrow();
            byte[] content = Files.readAllBytes(file);
            content[content.length / 2] ^= 1;
            Files.delete(file);
            return Files.write(file, Arrays.copyOf(content, Math.min(bytes, content.length)));
        }
    }

    @Test
    void processesThatStartAtTheSameTimeUnpackOnceAndAllSucceed() throws IOException, InterruptedException {
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            processes.add(start("detect", MODEL, "-q", "--report", i + ".json"));
        }
        for (Process process : processes) {
            assertThat(ChildJvm.finish(process)).isEqualTo(new CommandRun(0, "", ""));
        }
        assertNoLeftovers();
    }

    @Test
    void whatAKilledProcessLeftIsMended() throws IOException, InterruptedException {
        Process killed = start("detect", MODEL, "-q");
        while (leftovers().isEmpty() && killed.isAlive()) {
            Thread.sleep(5);
        }
        killed.destroyForcibly().waitFor();
        assertThat(leftovers()).isNotEmpty();

        assertThat(ChildJvm.finish(start("detect", MODEL, "-q"))).isEqualTo(new CommandRun(0, "", ""));
        assertNoLeftovers();
    }

    /** The system would map what is not there, and end the process when it is touched. */
    @ParameterizedTest
    @ValueSource(strings = {"libtorch_cpu.so", "libdjl_torch.so", "libtokenizers.so", "libjnidispatch.so"})
    void aLibraryThatIsCutOffIsToldByName(String library) throws IOException, InterruptedException {
        Path natives = filled(cache());
        Path cutOff = damage(natives, library, 100_000);

        ChildJvm.finish(start("detect", MODEL, "-q"))
                .assertFailed(
                        4,
                        cutOff + " has 100000 bytes, and had ",
                        "delete " + cutOff.getParent() + " to have it unpacked again");
    }

    @Test
    void aLibraryOfTheSameSizeThatIsAnotherIsToldByName() throws IOException, InterruptedException {
        Path natives = filled(cache());
        Path changed = damage(natives, "libtokenizers.so", Integer.MAX_VALUE);
        Files.setLastModifiedTime(changed, FileTime.fromMillis(0));

        ChildJvm.finish(start("detect", MODEL, "-q"))
                .assertFailed(4, changed + " is not what was unpacked: its SHA-256 differs");
    }

    @Test
    void aFolderOfLibrariesThatWasDeletedIsUnpackedAgain() throws IOException, InterruptedException {
        Path damaged = damage(filled(cache()), "libtokenizers.so", 1000).getParent();
        Files.delete(damaged.resolve("libtokenizers.so"));
        Files.delete(damaged);

        assertThat(ChildJvm.finish(start("detect", MODEL, "-q"))).isEqualTo(new CommandRun(0, "", ""));
        assertThat(damaged.resolve("libtokenizers.so")).isNotEmptyFile();
    }

    @Test
    void nothingIsUnpackedFromAJarThatIsDamaged() throws IOException, InterruptedException {
        Distribution distribution = Distribution.in(folder.resolve("swscan"));
        Path jar = damage(distribution.lib(""), "tokenizers-0.36.0.jar", Integer.MAX_VALUE);

        ChildJvm.finish(start(
                        Map.of(
                                "SWSCAN_NATIVE_DIR", cache().toString(),
                                "JAVA_HOME", System.getProperty("java.home")),
                        distribution.command("detect", MODEL, "-q")))
                .assertFailed(4, jar + " is damaged; install swscan again");
    }

    /** As in an image of a container: filled when it is made, and read-only from then on. */
    @Test
    void thatOfTheProgramNeedsNoOther() throws IOException, InterruptedException {
        Distribution distribution = Distribution.in(folder.resolve("swscan"));
        filled(distribution.folder().resolve("natives"));
        Path home = Files.createDirectory(folder.resolve("home"));

        CommandRun run = ChildJvm.finish(start(
                Map.of(
                        "HOME", home.toString(),
                        "XDG_CACHE_HOME", home.resolve("cache").toString(),
                        "JAVA_HOME", System.getProperty("java.home")),
                distribution.command("detect", MODEL, "-q")));

        assertThat(run).isEqualTo(new CommandRun(0, "", ""));
        assertThat(home).isEmptyDirectory();
    }

    @Test
    void theFirstThatIsNamedCounts() throws IOException, InterruptedException {
        Path natives = filled(cache());
        Map<String, String> unusable = Map.of("SWSCAN_NATIVE_DIR", "/proc/none", "DJL_CACHE_DIR", "/proc/no-other");

        ChildJvm.finish(start(unusable, "detect", MODEL, "-q"))
                .assertFailed(4, "/proc/none", "SWSCAN_NATIVE_DIR names it");
        assertThat(ChildJvm.finish(start(unusable, "detect", MODEL, "-q", "--native-dir", natives.toString())))
                .isEqualTo(new CommandRun(0, "", ""));
        ChildJvm.finish(start(unusable, "detect", MODEL, "-q", "--native-dir", "/proc/mine"))
                .assertFailed(4, "/proc/mine", "--native-dir names it");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--version", "--help", "families", "inspect " + "MODEL", "detect no-such-model"})
    void whatComputesNothingLoadsNothing(String arguments) throws IOException, InterruptedException {
        ChildJvm.finish(start(arguments.replace("MODEL", MODEL).split(" ")));

        assertThat(cache()).doesNotExist();
    }

    /** As in a container that runs with any number for a user: Java then knows no home, and calls it "?". */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aUserWithoutAnEntryHasNothingInTheWorkingFolder(boolean home) throws IOException, InterruptedException {
        assumeThat(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))
                .as("only root can be another user")
                .isEqualTo(0);
        assumeThat(Path.of("/usr/bin/setpriv")).as("setpriv of util-linux").exists();
        allow(folder, "rwxr-xr-x");
        Path model = Models.copy(Models.CRITICAL, folder.resolve("model"));
        Path work = Files.createDirectory(folder.resolve("work"));
        allow(work, "rwxrwxrwx");
        Path own = Files.createDirectory(folder.resolve("home"));
        Files.setAttribute(own, "unix:uid", OTHER_USER);
        // What lies in the working folder is somebody's, and would be loaded from there.
        Path planted = Files.createDirectories(work.resolve("?/.djl.ai/pytorch"));
        Distribution distribution = Distribution.in(folder.resolve("swscan"));
        List<String> command = new ArrayList<>(
                List.of("setpriv", "--reuid=" + OTHER_USER, "--regid=" + OTHER_USER, "--clear-groups", "env"));
        command.add(home ? "HOME=" + own : "--unset=HOME");
        command.addAll(distribution.command("detect", model.toString(), "--quiet", "--report", "r.json"));
        ProcessBuilder builder = ChildJvm.builder(work, command);
        builder.environment().keySet().removeAll(List.of("SWSCAN_NATIVE_DIR", "DJL_CACHE_DIR", "XDG_CACHE_HOME"));

        assertThat(ChildJvm.finish(builder.start())).isEqualTo(new CommandRun(0, "", ""));

        assertThat(planted).isEmptyDirectory();
        assertThat(entries(work)).containsExactlyInAnyOrder(work.resolve("?"), work.resolve("r.json"));
        assertThat(Files.exists(own.resolve(".cache/swscan/natives"))).isEqualTo(home);
        assertThat(entries(Path.of(System.getProperty("java.io.tmpdir"))))
                .noneMatch(path -> path.getFileName().toString().startsWith(".swscan-"));
    }

    private static void allow(Path folder, String permissions) throws IOException {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString(permissions));
    }

    @ParameterizedTest
    @ValueSource(strings = {"PYTORCH_LIBRARY_PATH", "RUST_LIBRARY_PATH"})
    void librariesThatTheUserNamesAreHeldToTheSame(String variable) throws IOException, InterruptedException {
        Path named = Files.createDirectory(folder.resolve("named"));
        allow(Files.createFile(named.resolve("libtorch.so")), "rw-rw-rw-");
        allow(named, "rwxr-xr-x");
        ProcessBuilder builder =
                ChildJvm.builder(folder, ChildJvm.command(List.of("-XX:-PrintWarnings"), "detect", MODEL, "-q"));
        builder.environment().put("DJL_CACHE_DIR", cache().toString());
        builder.environment().put(variable, named.toString());

        ChildJvm.finish(builder.start())
                .assertFailed(4, named + " holds libtorch.so, to which others may write", variable);
        assertThat(cache()).doesNotExist();
    }

    /** Nothing is made on the way to a folder that is refused. */
    @Test
    void aFolderThatIsRefusedIsNotMade() throws IOException, InterruptedException {
        allow(Files.createDirectory(folder.resolve("open")), "rwxrwxrwx");
        ProcessBuilder builder =
                ChildJvm.builder(folder, ChildJvm.command(List.of("-XX:-PrintWarnings"), "detect", MODEL, "-q"));
        builder.environment().put("DJL_CACHE_DIR", folder.resolve("open/a/b").toString());

        ChildJvm.finish(builder.start()).assertFailed(4, "can be written to by others", "DJL_CACHE_DIR");
        assertThat(folder.resolve("open")).isEmptyDirectory();
    }

    @Test
    void librariesAreNotLoadedFromWhereOthersMayWrite() throws IOException, InterruptedException {
        allow(Files.createDirectory(cache()), "rwxrwxrwx");

        ChildJvm.finish(start("detect", MODEL, "-q"))
                .assertFailed(4, cache() + " can be written to by others", "DJL_CACHE_DIR");
        assertThat(cache()).isEmptyDirectory();
    }

    private Path last() throws IOException {
        return all().stream()
                .filter(file -> file.getFileName().toString().endsWith("libdjl_torch.so"))
                .findFirst()
                .orElseThrow();
    }

    private void assertNoLeftovers() throws IOException {
        assertThat(leftovers()).isEmpty();
        assertThat(last()).exists();
    }

    private List<Path> leftovers() throws IOException {
        return all().stream()
                .filter(path -> path.getFileName().toString().startsWith("unpacking-"))
                .toList();
    }

    private List<Path> all() throws IOException {
        List<Path> found = new ArrayList<>();
        for (Path part : entries(cache())) {
            for (Path entry : entries(part)) {
                found.add(entry);
                found.addAll(entries(entry));
            }
        }
        return found;
    }

    /** Others may be removing it. */
    private static List<Path> entries(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.toList();
        }
    }
}
