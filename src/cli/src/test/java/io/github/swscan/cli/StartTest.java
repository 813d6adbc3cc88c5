package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.github.swscan.fixture.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
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

    @TempDir
    private Path folder;

    private Path cache() {
        return folder.resolve("cache");
    }

    private Process start(String... arguments) throws IOException {
        ProcessBuilder builder = ChildJvm.builder(folder, ChildJvm.command(List.of("-XX:-PrintWarnings"), arguments));
        builder.environment().put("DJL_CACHE_DIR", cache().toString());
        return builder.start();
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

    /** It would be loaded with the engine's libraries, were it not removed. */
    @Test
    void halfOfTheLastLibraryIsMended() throws IOException, InterruptedException {
        assertThat(ChildJvm.finish(start("detect", MODEL, "-q")).code()).isZero();
        Path last = last();
        Files.write(last.resolveSibling("jni123tmp"), new byte[1000]);
        Files.delete(last);
        Files.writeString(cache().resolve("pytorch/swscan.lock"), "unfinished\n");

        assertThat(ChildJvm.finish(start("detect", MODEL, "-q"))).isEqualTo(new CommandRun(0, "", ""));
        assertNoLeftovers();

        Files.write(last, new byte[1000]);
        ChildJvm.finish(start("detect", MODEL, "-q"))
                .assertFailed(4, "swscan: the PyTorch engine did not start: ", "delete that folder");
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
        builder.environment().keySet().removeAll(List.of("DJL_CACHE_DIR", "XDG_CACHE_HOME"));

        assertThat(ChildJvm.finish(builder.start())).isEqualTo(new CommandRun(0, "", ""));

        assertThat(planted).isEmptyDirectory();
        assertThat(entries(work)).containsExactlyInAnyOrder(work.resolve("?"), work.resolve("r.json"));
        assertThat(Files.exists(own.resolve(".cache/swscan/natives/pytorch"))).isEqualTo(home);
        assertThat(entries(Path.of(System.getProperty("java.io.tmpdir"))))
                .noneMatch(path -> path.getFileName().toString().startsWith("swscan-natives-"));
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
                .filter(path -> path.getFileName().toString().matches("tmp\\d+|jni\\d+tmp"))
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
