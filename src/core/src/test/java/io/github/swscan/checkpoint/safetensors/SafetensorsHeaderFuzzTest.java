package io.github.swscan.checkpoint.safetensors;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.swscan.fixture.ReadOrRefused;
import io.github.swscan.fixture.SafetensorsWriter;
import io.github.swscan.fixture.SeedsFirst;
import io.github.swscan.input.LocalSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.ArgumentsSource;

class SafetensorsHeaderFuzzTest {

    @TempDir
    private static Path folder;

    @ArgumentsSource(SeedsFirst.class)
    @FuzzTest
    void file(byte[] content) throws IOException {
        check(content);
    }

    /** Only the JSON: its length, which stands before it, is always right. */
    @ArgumentsSource(SeedsFirst.class)
    @FuzzTest
    void header(byte[] json) throws IOException {
        check(SafetensorsWriter.bytes(json, new byte[32]));
    }

    private static void check(byte[] content) throws IOException {
        Path file = Files.write(folder.resolve("model.safetensors"), content);
        ReadOrRefused.checkTensors(file, content.length, path -> SafetensorsHeader.read(LocalSource.of(path)));
    }
}
