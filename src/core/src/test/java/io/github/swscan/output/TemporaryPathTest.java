package io.github.swscan.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class TemporaryPathTest {

    @TempDir
    private Path folder;

    @Test
    void leavesNothing() throws IOException {
        try (TemporaryPath taken = TemporaryPath.in(folder)) {
            Files.createDirectories(taken.path().resolve("a/b"));
            Files.createSymbolicLink(taken.path().resolve("link"), folder);
        }

        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void whatIsMovedAwayStays() throws IOException {
        try (TemporaryPath taken = TemporaryPath.in(folder)) {
            Files.writeString(taken.path(), "content");
            Files.move(taken.path(), folder.resolve("report"));
        }

        assertThat(folder.toFile().list()).containsExactly("report");
    }

    @Test
    void theNextRemovesWhatAKilledProcessLeft() throws IOException, InterruptedException {
        assumeThat(Files.getFileStore(folder).type()).isIn("ext4", "xfs", "btrfs", "tmpfs", "overlay");
        Process killed = start();
        Path left = left(killed);
        killed.destroyForcibly().waitFor();
        assertThat(left).isDirectory();

        TemporaryPath.in(folder).close();

        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void whatALivingProcessWritesStays() throws IOException, InterruptedException {
        Process living = start();
        try {
            Path writing = left(living);

            TemporaryPath.in(folder).close();

            assertThat(writing.resolve("file")).hasContent("content");
        } finally {
            living.destroyForcibly().waitFor();
        }
    }

    @Test
    void whatThisProcessWritesStays() throws IOException, InterruptedException {
        try (TemporaryPath first = TemporaryPath.in(folder)) {
            Files.writeString(first.path(), "content");

            TemporaryPath.in(folder).close();
            Process other = start();
            left(other);
            other.destroyForcibly().waitFor();

            assertThat(first.path()).hasContent("content");
        }
    }

    /** Of an older program, or of one that is about to lock it: nobody can tell. */
    @Test
    void whatHasNoLockStays() throws IOException {
        Path other = Files.createDirectory(folder.resolve(".swscan-123.tmp"));

        TemporaryPath.in(folder).close();

        assertThat(other).isDirectory();
    }

    @Test
    void whatALockThatIsALinkLeadsToStays() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "content");
        Files.createSymbolicLink(folder.resolve(".swscan-123.lock"), file);
        Files.createDirectory(folder.resolve(".swscan-123.tmp"));

        TemporaryPath.in(folder).close();

        assertThat(file).hasContent("content");
        assertThat(folder.resolve(".swscan-123.tmp")).isDirectory();
    }

    private Process start() throws IOException {
        return new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Writer.class.getName(),
                        folder.toString()))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static Path left(Process process) throws IOException {
        BufferedReader out = process.inputReader();
        return Path.of(out.readLine());
    }

    /** Writes below a name of its own, in a process of its own, and waits. */
    static final class Writer {

        private Writer() {}

        public static void main(String[] arguments) throws IOException {
            TemporaryPath taken = TemporaryPath.in(Path.of(arguments[0]));
            Files.createDirectory(taken.path());
            Files.writeString(taken.path().resolve("file"), "content");
            System.out.println(taken.path());
            System.in.read();
        }
    }
}
