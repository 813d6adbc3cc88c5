package io.github.swscan.checkpoint.pytorch;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.swscan.fixture.ReadOrRefused;
import io.github.swscan.fixture.SeedsFirst;
import io.github.swscan.fixture.TorchFile;
import io.github.swscan.input.LocalSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.ArgumentsSource;

class PyTorchArchiveFuzzTest {

    @TempDir
    private static Path folder;

    @ArgumentsSource(SeedsFirst.class)
    @FuzzTest
    void file(byte[] content) throws IOException {
        check(Files.write(folder.resolve("model.pt"), content));
    }

    /** Only the pickle, in an archive that is well-formed. */
    @ArgumentsSource(SeedsFirst.class)
    @FuzzTest
    void pickle(byte[] pickle) throws IOException {
        check(new TorchFile().storage("0", 1, 2, 3, 4, 5, 6).write(folder.resolve("model.pt"), pickle));
    }

    private static void check(Path file) throws IOException {
        ReadOrRefused.checkTensors(file, Files.size(file), path -> PyTorchArchive.read(LocalSource.of(path)));
    }
}
