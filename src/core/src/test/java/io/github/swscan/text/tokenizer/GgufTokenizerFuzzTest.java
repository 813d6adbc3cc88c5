package io.github.swscan.text.tokenizer;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.fixture.ReadOrRefused;
import io.github.swscan.fixture.SeedsFirst;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.ArgumentsSource;

class GgufTokenizerFuzzTest {

    @TempDir
    private static Path folder;

    /** Whatever is accepted splits a text. */
    @ArgumentsSource(SeedsFirst.class)
    @FuzzTest
    void file(byte[] content) throws IOException {
        Path file = Files.write(folder.resolve("model.gguf"), content);
        ReadOrRefused.check(file, path -> Checkpoint.open(CheckpointLocation.find(path))
                .metadata()
                .flatMap(GgufTokenizer::of)
                .ifPresent(gguf -> {
                    try (Tokenizer tokenizer = Tokenizer.of(gguf, Integer.MAX_VALUE)) {
                        tokenizer.encode("It was 1844, and the ab  größe\n");
                    }
                }));
    }
}
