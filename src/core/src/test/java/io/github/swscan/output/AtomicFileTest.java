package io.github.swscan.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AtomicFileTest {

    private static final byte[] CONTENT = "content".getBytes(StandardCharsets.UTF_8);

    @TempDir
    private Path folder;

    @Test
    void writesANewFileAndNothingElse() {
        Path file = folder.resolve("report.json");

        AtomicFile.checkWritable(file);
        assertThat(folder).isEmptyDirectory();
        AtomicFile.write(file, CONTENT);

        assertThat(file).hasBinaryContent(CONTENT);
        assertThat(folder.toFile().list()).containsExactly("report.json");
    }

    @Test
    void replacesAFile() throws IOException {
        Path file = Files.writeString(folder.resolve("report.json"), "something longer than the content");

        AtomicFile.checkWritable(file);
        assertThat(file).hasContent("something longer than the content");
        AtomicFile.write(file, CONTENT);

        assertThat(file).hasBinaryContent(CONTENT);
        assertThat(folder.toFile().list()).containsExactly("report.json");
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void writesWhereALinkLeads() throws IOException {
        Path file = Files.writeString(folder.resolve("report.json"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("report.json"));

        AtomicFile.write(link, CONTENT);

        assertThat(link).isSymbolicLink();
        assertThat(file).hasBinaryContent(CONTENT);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void leavesADeviceADevice() {
        Path device = Path.of("/dev/null");

        AtomicFile.checkWritable(device);
        AtomicFile.write(device, CONTENT);

        assertThat(Files.isRegularFile(device)).isFalse();
    }

    @Test
    void aFolderIsNotWrittenTo() {
        assertFails(folder, folder + ": is a folder; name a file in it");
    }

    @ParameterizedTest
    @ValueSource(strings = {"no/report.json", "no/such/report.json", "file/report.json"})
    void aMissingFolderIsNotMade(String name) throws IOException {
        Files.createFile(folder.resolve("file"));

        assertFails(folder.resolve(name), "cannot be written: the folder does not exist; create it first");
        assertThat(folder.toFile().list()).containsExactly("file");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aFileSystemWithoutRoomForFilesIsFoundOutBeforehand() {
        assertFails(Path.of("/proc/report.json"), "/proc/report.json: cannot be written: ");
    }

    @Test
    void aNameTooLongForTheFileSystemIsFoundOutBeforehand() {
        assertFails(folder.resolve("r".repeat(300)), "cannot be written: ");
        assertThat(folder).isEmptyDirectory();
    }

    /** A pipe takes only so much before somebody reads on. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void anEndingProcessFinishesWriting() throws IOException, InterruptedException {
        Path pipe = folder.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Writer.class.getName(),
                        pipe.toString())
                .start();
        try (InputStream reading = Files.newInputStream(pipe)) {
            assertThat(reading.read()).isZero();
            process.destroy();
            assertThat(process.waitFor(300, TimeUnit.MILLISECONDS)).isFalse();

            assertThat(reading.readAllBytes()).hasSize(Writer.BYTES - 1);
            assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isEqualTo(143);
        } finally {
            process.destroyForcibly();
        }
    }

    /** Writes to the file that it is given, in a process of its own. */
    static final class Writer {

        static final int BYTES = 1_000_000;

        private Writer() {}

        public static void main(String[] arguments) {
            AtomicFile.write(Path.of(arguments[0]), new byte[BYTES]);
        }
    }

    private static void assertFails(Path file, String message) {
        assertThatThrownBy(() -> AtomicFile.checkWritable(file))
                .isInstanceOf(OutputFailure.class)
                .hasMessageContaining(message)
                .hasMessageNotContaining("\n");
        assertThatThrownBy(() -> AtomicFile.write(file, CONTENT))
                .isInstanceOf(OutputFailure.class)
                .hasMessageContaining(message);
    }
}
