package io.github.swscan.natives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisabledOnOs(OS.WINDOWS)
class OwnershipTest {

    private static final int NOBODY = 65_534;

    @TempDir
    private Path folder;

    private Path above;
    private Path own;

    @BeforeEach
    void makeFolders() throws IOException {
        above = Files.createDirectory(folder.resolve("above"));
        own = Files.createDirectory(above.resolve("own"));
        allow(above, "rwxr-xr-x");
        allow(own, "rwxr-xr-x");
    }

    private static void allow(Path path, String permissions) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
    }

    @Test
    void whatTheUserAloneWritesToIsSafe() {
        assertThat(Ownership.problem(own)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"rwxrwxr-x", "rwxr-xrwx", "rwxrwxrwx", "rwx-w----"})
    void aFolderToWhichOthersMayWriteIsNot(String permissions) throws IOException {
        allow(own, permissions);

        assertThat(Ownership.problem(own)).contains("can be written to by others");
    }

    @ParameterizedTest
    @ValueSource(strings = {"rwxrwxr-x", "rwxr-xrwx"})
    void neitherIsOneBelowSuchAFolder(String permissions) throws IOException {
        allow(above, permissions);

        assertThat(Ownership.problem(own)).hasValueSatisfying(problem -> assertThat(problem)
                .endsWith("above, which can be written to by others"));
    }

    @Test
    void aStickyFolderAboveWillDo() throws IOException {
        Files.setAttribute(above, "unix:mode", 01777);

        assertThat(Ownership.problem(own)).isEmpty();
    }

    @Test
    void aStickyFolderItselfWillNot() throws IOException {
        Files.setAttribute(own, "unix:mode", 01777);

        assertThat(Ownership.problem(own)).isPresent();
    }

    @ParameterizedTest
    @CsvSource({"above, false", "own, false", "none, true"})
    void foldersOfOtherUsersAreNotSafe(String given, boolean safe) throws IOException {
        assumeRoot();
        if (!given.equals("none")) {
            Files.setAttribute(given.equals("own") ? own : above, "unix:uid", NOBODY);
        }

        assertThat(Ownership.problem(own).isEmpty()).isEqualTo(safe);
    }

    @Test
    void aLinkIsAsSafeAsWhatItLeadsTo() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("link"), above);

        assertThat(Ownership.problem(link.resolve("own"))).isEmpty();
        allow(above, "rwxrwxrwx");
        assertThat(Ownership.problem(link.resolve("own"))).isPresent();
    }

    @Test
    void aLinkThatOthersMayReplaceIsNotSafe() throws IOException {
        Path shared = Files.createDirectory(folder.resolve("shared"));
        Path link = Files.createSymbolicLink(shared.resolve("link"), own);
        allow(shared, "rwxrwxrwx");

        assertThat(Ownership.problem(link)).isPresent();
        Files.setAttribute(shared, "unix:mode", 01777);
        assertThat(Ownership.problem(link)).isEmpty();
    }

    @Test
    void linksInARingAreNotFollowedForEver() throws IOException {
        Path ring = Files.createSymbolicLink(folder.resolve("ring"), folder.resolve("ring"));

        assertThat(Ownership.problem(ring)).isPresent();
    }

    @ParameterizedTest
    @CsvSource({"rw-r--r--, rwxr-xr-x, true", "rw-rw-rw-, rwxr-xr-x, false", "rw-rw-rw-, rwx------, true"})
    void filesWithinAreLookedAtToo(String file, String inside, boolean safe) throws IOException {
        Path kind = Files.createDirectory(own.resolve("kind"));
        allow(Files.createFile(kind.resolve("libx.so")), file);
        allow(kind, inside);

        assertThat(Ownership.problemWithin(own).isEmpty()).isEqualTo(safe);
    }

    @Test
    void aFileOfAnotherUserWithinIsNotSafe() throws IOException {
        assumeRoot();
        Files.setAttribute(Files.createFile(own.resolve("libx.so")), "unix:uid", NOBODY);

        assertThat(Ownership.problemWithin(own)).contains("holds libx.so, which belongs to another user");
    }

    @ParameterizedTest
    @ValueSource(strings = {"owner", "mode"})
    void whatALinkedFolderHoldsIsLookedAtToo(String fault) throws IOException {
        assumeRoot();
        Path elsewhere = Files.createDirectory(above.resolve("elsewhere"));
        allow(elsewhere, "rwxr-xr-x");
        Path library = Files.createFile(elsewhere.resolve("libx.so"));
        Files.createSymbolicLink(own.resolve("version"), elsewhere);
        allow(library, "rw-r--r--");
        assertThat(Ownership.problemWithin(own)).isEmpty();

        if (fault.equals("owner")) {
            Files.setAttribute(library, "unix:uid", NOBODY);
        } else {
            allow(library, "rw-rw-rw-");
        }

        assertThat(Ownership.problemWithin(own)).isPresent();
    }

    @Test
    void aFolderThatHoldsALinkToItselfIsNotSafe() throws IOException {
        Files.createSymbolicLink(own.resolve("again"), own);

        assertThat(Ownership.problemWithin(own)).contains("cannot be read");
    }

    private static void assumeRoot() throws IOException {
        assumeThat(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))
                .as("only root can give files away")
                .isEqualTo(0);
    }
}
