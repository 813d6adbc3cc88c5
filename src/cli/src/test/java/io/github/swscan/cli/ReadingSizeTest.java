package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.swscan.cli.option.ModelArguments;
import io.github.swscan.fixture.Models;
import io.github.swscan.text.TokenIdsFile;
import io.github.swscan.text.TokenSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReadingSizeTest {

    @TempDir
    private Path folder;

    /** With the head apart and tied, with learned positions and without, of 16 and 32 bits. */
    @ParameterizedTest
    @ValueSource(strings = {"llama-bf16", "llama-tied", "llama-sharded3", "gpt2", "qwen3"})
    void isWhatADetectionReads(String name) throws IOException {
        Path model = Models.reference(name);
        Path ids = Files.writeString(folder.resolve("ids.json"), "[[1, 5, 5, 7], [1, 2, 3]]");
        CommandRun run = CommandRun.of(
                "detect",
                model.toString(),
                "--token-ids=" + ids,
                "--report=" + folder.resolve("report.json"),
                "--format=json");
        JsonNode figures = new ObjectMapper().readTree(run.out()).path("run");

        TokenSet tokens = TokenSet.ofIds(TokenIdsFile.read(ids, 97));
        long size = ModelArguments.read(model, Optional.empty(), opened -> ReadingSize.bytes(opened, tokens));

        assertThat(figures.path("bytesRead").longValue())
                .isEqualTo(size * figures.path("readings").longValue());
    }
}
