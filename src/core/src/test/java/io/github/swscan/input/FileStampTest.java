package io.github.swscan.input;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.github.swscan.fixture.FileChange;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FileStampTest {

    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void write() throws IOException {
        file = Files.writeString(folder.resolve("model.safetensors"), "0123456789");
    }

    @ParameterizedTest
    @EnumSource(FileChange.class)
    void anyChangeIsNoticed(FileChange change) {
        assumeThat(file.getFileSystem().supportedFileAttributeViews()).contains("unix");
        FileStamp stamp = FileStamp.of(file);

        change.to(file);

        assertChanged(stamp);
    }

    /** As the cache of the Hugging Face libraries holds files. */
    @ParameterizedTest
    @EnumSource(FileChange.class)
    @DisabledOnOs(OS.WINDOWS)
    void anyChangeOfWhereALinkLeadsIsNoticed(FileChange change) throws IOException {
        FileStamp stamp = FileStamp.of(Files.createSymbolicLink(folder.resolve("link"), file));

        change.to(file);

        assertChanged(stamp);
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aLinkThatLeadsToALikeFileElsewhereIsNoticed() throws IOException {
        Path like = Files.copy(file, folder.resolve("like"), StandardCopyOption.COPY_ATTRIBUTES);
        Path link = Files.createSymbolicLink(folder.resolve("link"), file);
        FileStamp stamp = FileStamp.of(link);

        Files.delete(link);
        Files.createSymbolicLink(link, like);

        assertChanged(stamp);
    }

    @Test
    void readingIsNoChange() throws IOException {
        FileStamp stamp = FileStamp.of(file);

        Files.readAllBytes(file);
        Files.writeString(folder.resolve("other"), "");

        assertThatCode(stamp::check).doesNotThrowAnyException();
    }

    private static void assertChanged(FileStamp stamp) {
        assertThatExceptionOfType(ChangedInputException.class)
                .isThrownBy(stamp::check)
                .withMessage(stamp.file() + ": changed while it was read; scan it again when nothing writes to it");
    }
}
