package io.github.swscan.architecture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.swscan.checkpoint.InputException;
import io.github.swscan.checkpoint.MalformedInputException;
import io.github.swscan.checkpoint.MissingInputException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ConfigTest {

    @TempDir
    private Path folder;

    private Path file() {
        return folder.resolve("config.json");
    }

    private Config read(byte[] content) throws IOException {
        return Config.read(Files.write(file(), content));
    }

    private InputException refusal() {
        InputException refusal = catchThrowableOfType(InputException.class, () -> Config.read(file()));
        assertThat(refusal).isNotNull();
        assertThat(refusal.file()).isEqualTo(file());
        assertThat(refusal.getMessage())
                .startsWith(file() + ": ")
                .doesNotContain("\n")
                .hasSizeLessThan(1000);
        return refusal;
    }

    @Test
    void objectIsReadAsItIs() throws IOException {
        Config config = read(" {\"model_type\": \"llama\", \"größe\": [1]}\n".getBytes(StandardCharsets.UTF_8));

        assertThat(config.file()).isEqualTo(file());
        assertThat(config.modelType()).isEqualTo("llama");
        assertThat(config.options().get("größe").get(0).intValue()).isEqualTo(1);
    }

    @ParameterizedTest
    @MethodSource("malformed")
    void fileThatIsNoJsonObjectIsRefused(byte[] content, String problem) throws IOException {
        Files.write(file(), content);

        assertThat(refusal()).isInstanceOf(MalformedInputException.class).hasMessageContaining(problem);
    }

    static Stream<Arguments> malformed() {
        return Stream.concat(
                Stream.of(
                                new String[] {"", "is not a JSON object"},
                                new String[] {"  \n", "is not a JSON object"},
                                new String[] {"[]", "is not a JSON object"},
                                new String[] {"null", "is not a JSON object"},
                                new String[] {"\"llama\"", "is not a JSON object"},
                                new String[] {"llama", "is not valid JSON"},
                                new String[] {"{", "is not valid JSON"},
                                new String[] {"{\"a\": 1", "is not valid JSON"},
                                new String[] {"{\"a\": 1,}", "is not valid JSON"},
                                new String[] {"{'a': 1}", "is not valid JSON"},
                                new String[] {"{\"a\": NaN}", "is not valid JSON"},
                                new String[] {"{\"a\": 01}", "is not valid JSON"},
                                new String[] {"{\"a\": \"x\ny\"}", "is not valid JSON"},
                                new String[] {"{} {}", "is not valid JSON"},
                                new String[] {"{}}", "is not valid JSON"},
                                new String[] {"{\"a\": 1, \"a\": 1}", "Duplicate field 'a'"},
                                new String[] {"{\"a\": {\"b\": 1, \"b\": 2}}", "Duplicate field 'b'"},
                                new String[] {"{\"a\": " + "[".repeat(100_000), "is not valid JSON"},
                                new String[] {"{\"a\":".repeat(100_000), "is not valid JSON"},
                                new String[] {"{\"a\": " + "9".repeat(100_000) + "}", "is not valid JSON"},
                                new String[] {"\ufeff\ufeff{}", "is not valid JSON"},
                                new String[] {"{}\ufeff", "is not valid JSON"},
                                new String[] {"\0\0\0{", "is not valid JSON"})
                        .map(text -> Arguments.of(text[0].getBytes(StandardCharsets.UTF_8), text[1])),
                Stream.of(
                        Arguments.of(new byte[] {'{', '"', (byte) 0xC3, '"', ':', '1', '}'}, "is not UTF-8 text"),
                        Arguments.of(new byte[] {(byte) 0xFF, (byte) 0xFE, '{', 0, '}', 0}, "is not UTF-8 text")));
    }

    @Test
    void overlongFileIsRefusedUnread() throws IOException {
        try (RandomAccessFile sparse = new RandomAccessFile(file().toFile(), "rw")) {
            sparse.setLength(1L << 40);
        }

        assertThat(refusal()).isInstanceOf(MalformedInputException.class).hasMessageContaining("is larger than");
    }

    @Test
    void missingFileIsSaidToBeMissing() {
        assertThat(refusal()).isInstanceOf(MissingInputException.class).hasMessageContaining("does not exist");
    }

    @Test
    void folderInPlaceOfTheFileIsNamedAsSuch() throws IOException {
        Files.createDirectory(file());

        assertThat(refusal()).hasMessageContaining("is a folder");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}                              | 0",
                "{\"bos_token_id\": 5}           | 5",
                "{\"bos_token_id\": 96}          | 96",
                "{\"bos_token_id\": 97}          | 0",
                "{\"bos_token_id\": -1}          | 0",
                "{\"bos_token_id\": null}        | 0",
                "{\"bos_token_id\": \"5\"}       | 0",
                "{\"bos_token_id\": 5.0}         | 0",
                "{\"bos_token_id\": [7, 8]}      | 7",
                "{\"bos_token_id\": []}          | 0",
                "{\"bos_token_id\": 99999999999} | 0"
            })
    void firstTokenLiesWithinTheVocabulary(String json, int token) throws IOException {
        assertThat(read(json.getBytes(StandardCharsets.UTF_8)).firstToken(97)).isEqualTo(token);
    }
}
