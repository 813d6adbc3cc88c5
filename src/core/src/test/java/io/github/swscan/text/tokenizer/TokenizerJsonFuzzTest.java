package io.github.swscan.text.tokenizer;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.swscan.fixture.ReadOrRefused;
import io.github.swscan.fixture.SeedsFirst;
import io.github.swscan.input.LocalSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.ArgumentsSource;

class TokenizerJsonFuzzTest {

    @TempDir
    private static Path folder;

    @ArgumentsSource(SeedsFirst.class)
    @FuzzTest
    void file(byte[] content) throws IOException {
        Path file = Files.write(folder.resolve("tokenizer.json"), content);
        ReadOrRefused.check(file, path -> TokenizerJson.check(LocalSource.of(path)));
    }
}
