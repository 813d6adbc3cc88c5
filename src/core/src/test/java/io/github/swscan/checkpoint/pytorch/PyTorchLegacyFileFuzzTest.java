package io.github.swscan.checkpoint.pytorch;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.swscan.fixture.ReadOrRefused;
import io.github.swscan.fixture.SeedsFirst;
import io.github.swscan.input.LocalSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.ArgumentsSource;

class PyTorchLegacyFileFuzzTest {

    @TempDir
    private static Path folder;

    @ArgumentsSource(SeedsFirst.class)
    @FuzzTest
    void file(byte[] content) throws IOException {
        Path file = Files.write(folder.resolve("model.bin"), content);
        ReadOrRefused.checkTensors(file, content.length, path -> PyTorchLegacyFile.read(LocalSource.of(path)));
    }
}
