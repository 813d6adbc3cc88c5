package io.github.swscan.natives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** With resources of a jar that are as good as libraries. */
@DisabledOnOs(OS.WINDOWS)
class UnpackingTest {

    private static final LibrarySet SET = new LibrarySet(
            Path.of("kind", "1.0"),
            Map.of(
                    "a.so", "org/junit/jupiter/api/Test.class",
                    "b.so", "org/junit/jupiter/api/BeforeEach.class"));

    @TempDir
    private Path natives;

    private Path folder;

    @BeforeEach
    void unpack() {
        folder = Unpacking.ready(SET, natives);
    }

    private void ready() {
        assertThat(Unpacking.ready(SET, natives)).isEqualTo(folder);
    }

    private Path manifest() {
        return folder.resolveSibling("1.0.manifest");
    }

    @Test
    void allIsThereAndNothingElse() throws IOException {
        assertThat(folder).isEqualTo(natives.resolve("kind/1.0"));
        assertThat(folder.resolve("a.so"))
                .hasBinaryContent(Test.class
                        .getResourceAsStream("/org/junit/jupiter/api/Test.class")
                        .readAllBytes());
        assertThat(folder.resolve("b.so")).isNotEmptyFile();
        assertThat(folder).isDirectoryNotContaining("glob:**unpacking*");
        assertThat(folder.getParent())
                .isDirectoryContaining("glob:**1.0")
                .isDirectoryContaining("glob:**1.0.manifest")
                .isDirectoryNotContaining("glob:**unpacking*");
        assertThat(Unpacking.isDone(SET, natives)).isTrue();
    }

    @Test
    void whatWasUnpackedStays() throws IOException {
        Object file = Files.getAttribute(folder.resolve("a.so"), "unix:ino");

        ready();

        assertThat(Files.getAttribute(folder.resolve("a.so"), "unix:ino")).isEqualTo(file);
    }

    @Test
    void aFileThatIsCutOffIsRefused() throws IOException {
        Files.write(folder.resolve("b.so"), new byte[10]);

        assertRefused(folder + "/b.so has 10 bytes, and had ");
    }

    @Test
    void aFileThatIsMissingIsRefused() throws IOException {
        Files.delete(folder.resolve("a.so"));

        assertRefused(folder + "/a.so is missing; delete " + folder + " to have it unpacked again");
    }

    @Test
    void anotherContentAtAnotherTimeIsRefused() throws IOException {
        Path file = folder.resolve("a.so");
        Files.write(file, new byte[(int) Files.size(file)]);
        Files.setLastModifiedTime(file, FileTime.fromMillis(0));

        assertRefused("a.so is not what was unpacked");
    }

    /** As after a copy that does not keep times. */
    @Test
    void theSameContentAtAnotherTimeIsAcceptedAndNoted() throws IOException {
        Files.setLastModifiedTime(folder.resolve("a.so"), FileTime.fromMillis(5_000));

        ready();

        assertThat(manifest()).content().contains(" 5 a.so\n");
    }

    /** As DJL makes it. */
    @Test
    void theSameFilesWithoutAManifestAreAccepted() throws IOException {
        Files.delete(manifest());
        Files.setLastModifiedTime(folder.resolve("a.so"), FileTime.fromMillis(5_000));

        ready();

        assertThat(manifest()).content().contains(" 5 a.so\n");
    }

    @Test
    void otherFilesWithoutAManifestAreReplaced() throws IOException {
        Files.delete(manifest());
        Files.write(folder.resolve("a.so"), new byte[10]);

        ready();

        assertThat(Files.size(folder.resolve("a.so"))).isGreaterThan(10);
    }

    @Test
    void aManifestThatIsCutOffIsMadeAgain() throws IOException {
        String whole = Files.readString(manifest());
        Files.writeString(manifest(), whole.substring(0, 70));

        ready();

        assertThat(manifest().toFile()).content().hasLineCount(2);
    }

    @Test
    void whatAKilledProcessLeftIsRemovedByTheNextThatUnpacks() throws IOException {
        Files.delete(manifest());
        Path left = Files.createDirectories(folder.resolveSibling("unpacking-123"));
        Files.write(left.resolve("a.so"), new byte[10]);

        ready();

        assertThat(left).doesNotExist();
    }

    @Test
    void whereOthersMayWriteNothingIsUsed() throws IOException {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));

        assertRefused("holds 1.0, to which others may write");
    }

    @Test
    void aFolderThatCannotBeMadeIsNamed() {
        assertThatThrownBy(() -> Unpacking.ready(SET, Path.of("/proc")))
                .isInstanceOf(NativeLibraryException.class)
                .hasMessageStartingWith("/proc/kind cannot be used: ")
                .hasMessageEndingWith("--native-dir names another folder");
    }

    private void assertRefused(String message) {
        assertThatThrownBy(() -> Unpacking.ready(SET, natives))
                .isInstanceOf(NativeLibraryException.class)
                .hasMessageContaining(message);
    }
}
