package io.github.swscan.architecture.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.swscan.fixture.Architectures;
import io.github.swscan.input.InputException;
import io.github.swscan.input.LocalSource;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.MissingInputException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
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
        return Config.read(LocalSource.of(Files.write(file(), content)));
    }

    private InputException refusal() {
        InputException refusal = catchThrowableOfType(InputException.class, () -> Config.read(LocalSource.of(file())));
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

    @Test
    void byteOrderMarkIsSkipped() throws IOException {
        Config config = read("\ufeff{\"model_type\": \"\ufeffllama\"}".getBytes(StandardCharsets.UTF_8));

        assertThat(config.modelType()).isEqualTo("\ufeffllama");
    }

    @Test
    void numbersThatAreNoneAreReadAsPythonWritesThem() throws IOException {
        String json = "{\"a\": NaN, \"b\": [0.0, Infinity], \"c\": {\"d\": -Infinity}}";

        Config config = read(json.getBytes(StandardCharsets.UTF_8));

        assertThat(config.options().get("a").doubleValue()).isNaN();
        assertThat(config.options().get("b").get(1).doubleValue()).isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(config.options().get("c").get("d").doubleValue()).isEqualTo(Double.NEGATIVE_INFINITY);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "granite  | logits_scaling              | Infinity  | is Infinity where a number is needed",
                "granite  | attention_multiplier        | NaN       | is NaN where a number is needed",
                "llama    | max_position_embeddings     | Infinity  | is Infinity where a positive whole number",
                "llama    | num_hidden_layers           | NaN       | is NaN where a positive whole number",
                "llama    | rms_norm_eps                | -Infinity | is -Infinity where a positive number",
                "llama    | tie_word_embeddings         | NaN       | is NaN where true or false",
                "llama    | hidden_act                  | NaN       | is NaN where a text",
                "llama    | model_type                  | NaN       | is NaN where a name",
                "llama    | partial_rotary_factor       | NaN       | the value NaN is not supported",
                "llama    | rope_scaling                | NaN       | is not an object",
                "llama    | quantization_config         | NaN       | is NaN where an object",
                "gemma2   | final_logit_softcapping     | Infinity  | is Infinity where a positive number",
                "gemma2   | query_pre_attn_scalar       | Infinity  | is Infinity where a number is needed",
                "glm4_moe | partial_rotary_factor       | NaN       | is NaN where a number is needed",
                "minicpm  | scale_emb                   | NaN       | is NaN where a number is needed",
                "mixtral  | num_local_experts           | NaN       | is NaN where a positive whole number",
                "qwen3    | max_window_layers           | NaN       | is NaN where a whole number from 0 on"
            })
    void numberThatIsNoneIsRefusedWhereItIsNeeded(String family, String option, String value, String problem)
            throws IOException {
        Files.writeString(
                file(),
                new JsonMapper()
                        .writeValueAsString(Architectures.smallOptions(family)
                                .put("use_sliding_window", true)
                                .put("sliding_window", 8)
                                .put(option, "the value"))
                        .replace("\"the value\"", value));

        InputException refusal = catchThrowableOfType(
                InputException.class, () -> Families.describe(Config.read(LocalSource.of(file())), Set.of()));

        assertThat(refusal.field()).isEqualTo(option);
        assertThat(refusal.problem()).startsWith(problem);
    }

    @Test
    void numberThatIsNoneDoesNoHarmWhereNothingNeedsIt() throws IOException {
        String options = Architectures.smallOptions("llama").toString();
        Files.writeString(
                file(),
                options.substring(0, options.length() - 1)
                        + ", \"time_step_limit\": [0.0, Infinity], \"initializer_range\": NaN,"
                        + " \"bos_token_id\": NaN, \"eos_token_id\": [-Infinity]}");
        Config config = Config.read(LocalSource.of(file()));

        assertThat(Families.describe(config, Set.of())).isEqualTo(Architectures.small("llama", ""));
        assertThat(config.firstToken(97)).isZero();
        assertThat(config.endTokens()).isEmpty();
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
                                new String[] {"", "is empty"},
                                new String[] {"  \n", "is empty"},
                                new String[] {"[]", "is not a JSON object"},
                                new String[] {"null", "is not a JSON object"},
                                new String[] {"\"llama\"", "is not a JSON object"},
                                new String[] {"llama", "is not valid JSON"},
                                new String[] {"{", "is not valid JSON: it ends too early; download the file again"},
                                new String[] {
                                    "{\"a\": 1", "is not valid JSON: it ends too early; download the file again"
                                },
                                new String[] {"{\"a\": 1,}", "is not valid JSON"},
                                new String[] {"{'a': 1}", "is not valid JSON"},
                                new String[] {"{\"a\": nan}", "is not valid JSON"},
                                new String[] {"{\"a\": Inf}", "is not valid JSON"},
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
