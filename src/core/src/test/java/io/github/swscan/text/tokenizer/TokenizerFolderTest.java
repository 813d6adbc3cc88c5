package io.github.swscan.text.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.swscan.fixture.TestResources;
import io.github.swscan.input.LocalFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TokenizerFolderTest {

    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    /** Of the vocabularies that scripts/tokenizers/compare made: those of the resources, or more of them elsewhere. */
    private static final Path VOCABULARIES = Optional.ofNullable(System.getProperty("swscan.tokenizers"))
            .map(Path::of)
            .orElseGet(() -> TestResources.at("tokenizers/folders"));

    private static TokenizerFolder tokenizer(Path folder) throws IOException {
        Path config = folder.resolve("config.json");
        JsonNode model = Files.exists(config) ? MAPPER.readTree(config.toFile()) : MAPPER.createObjectNode();
        return TokenizerFolder.of(
                        new LocalFolder(folder),
                        UnaryOperator.identity(),
                        new TokenizerFolder.Model(model.path("model_type").asText(), Optional.empty()))
                .orElseThrow();
    }

    static List<Path> vocabularies() throws IOException {
        try (Stream<Path> folders = Files.list(VOCABULARIES)) {
            return folders.filter(Files::isDirectory).sorted().toList();
        }
    }

    /** The ids are those of the programs that the files are made for. */
    @ParameterizedTest
    @MethodSource("vocabularies")
    void tokensAreThoseOfTheReference(Path folder) throws IOException {
        JsonNode lines = MAPPER.readTree(VOCABULARIES.resolve("lines.json").toFile());
        int[][] ids = MAPPER.readValue(folder.resolve("ids.json").toFile(), int[][].class);
        List<String> differences = new ArrayList<>();
        try (Tokenizer tokenizer = Tokenizer.of(tokenizer(folder), Integer.MAX_VALUE)) {
            for (int i = 0; i < ids.length; i++) {
                int[] found = tokenizer.encode(lines.get(i).textValue());
                if (!Arrays.equals(found, ids[i])) {
                    differences.add(lines.get(i) + "\n  gives       " + Arrays.toString(found) + "\n  in place of "
                            + Arrays.toString(ids[i]));
                }
            }
        }
        assertThat(differences).as("differences in %s lines", ids.length).isEmpty();
        assertThat(ids.length).isEqualTo(lines.size());
    }
}
