package io.github.swscan.text.tokenizer;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.swscan.fixture.ReadOrRefused;
import io.github.swscan.fixture.SeedsFirst;
import io.github.swscan.input.LocalFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.ArgumentsSource;

class TokenizerFolderFuzzTest {

    @TempDir
    private static Path folder;

    /** Whatever is accepted splits a text. */
    private static void read(String name, byte[] content) throws IOException {
        Path files = Files.createDirectories(folder.resolve(name + " alone"));
        ReadOrRefused.check(Files.write(files.resolve(name), content), file -> {
            TokenizerFolder stored = TokenizerFolder.of(
                            new LocalFolder(files),
                            UnaryOperator.identity(),
                            new TokenizerFolder.Model("llama", Optional.empty(), 1))
                    .orElseThrow();
            try (Tokenizer tokenizer = Tokenizer.of(stored, Integer.MAX_VALUE)) {
                tokenizer.encode("It was 1844, and  the ab größe ﬁ 😀\n");
            }
        });
    }

    /** Models of SentencePiece, and vocabularies in tiktoken's text form. */
    @ArgumentsSource(SeedsFirst.class)
    @FuzzTest
    void model(byte[] content) throws IOException {
        read("tokenizer.model", content);
    }

    @ArgumentsSource(SeedsFirst.class)
    @FuzzTest
    void tekken(byte[] content) throws IOException {
        read("tekken.json", content);
    }
}
