package io.github.swscan.text.tokenizer;

import static io.github.swscan.fixture.TokenizerFiles.SAMPLE;
import static io.github.swscan.fixture.TokenizerFiles.SAMPLE_VOCABULARY;
import static io.github.swscan.fixture.TokenizerFiles.json;
import static io.github.swscan.fixture.TokenizerFiles.words;
import static io.github.swscan.fixture.TokenizerFiles.wordsWithin;
import static io.github.swscan.fixture.TokenizerFiles.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.input.InputException;
import io.github.swscan.input.LocalSource;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.MissingInputException;
import io.github.swscan.input.UnsupportedInputException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizerTest {

    @TempDir
    private Path folder;

    private static Tokenizer sample() {
        return Tokenizer.read(LocalSource.of(SAMPLE), SAMPLE_VOCABULARY);
    }

    private Tokenizer tokenizer(ObjectNode description) {
        return Tokenizer.read(LocalSource.of(write(folder, description)), 6);
    }

    private InputException refusal() {
        Path file = folder.resolve("tokenizer.json");
        InputException refusal = catchThrowableOfType(InputException.class, () -> {
            try (Tokenizer tokenizer = Tokenizer.read(LocalSource.of(file), SAMPLE_VOCABULARY)) {
                tokenizer.encode("a b");
            }
        });
        assertThat(refusal).isNotNull();
        assertThat(refusal.file()).isEqualTo(file);
        assertThat(refusal.getMessage())
                .startsWith(file + ": ")
                .doesNotContain("\n")
                .hasSizeLessThan(1000);
        return refusal;
    }

    @Test
    void sampleBeginsEveryTextWithItsFirstToken() {
        try (Tokenizer tokenizer = sample()) {
            assertThat(tokenizer.leadingSpecialTokens()).containsExactly(0);
            assertThat(tokenizer.encode("The king")).startsWith(0);
            assertThat(tokenizer.encodeWithoutSpecialTokens("The king")).doesNotContain(0);
            assertThat(tokenizer.encode("Hello there how are you!"))
                    .containsExactly(0, 73, 516, 112, 388, 838, 420, 327, 34);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "      ", "\n\t", "\0", "a\0b", "😀", "größe", "\ud800", "a\udc00b", "\ufeff"})
    void anyTextIsSplit(String text) {
        try (Tokenizer tokenizer = sample()) {
            int[] ids = tokenizer.encodeWithoutSpecialTokens(text);

            assertThat(ids.length == 0).isEqualTo(text.isEmpty());
            assertThat(tokenizer.encode(text)).startsWith(0).endsWith(ids).hasSize(ids.length + 1);
        }
    }

    @Test
    void longTextIsNotCutOff() {
        try (Tokenizer tokenizer = sample()) {
            int[] once = tokenizer.encodeWithoutSpecialTokens(" king");

            assertThat(tokenizer.encodeWithoutSpecialTokens(" king".repeat(5000)))
                    .hasSize(5000 * once.length);
            assertThat(tokenizer.encode(" king".repeat(5000))).hasSize(5000 * once.length + 1);
        }
    }

    /** Neither what the file asks for nor what a file beside it does. */
    @Test
    void truncationAndPaddingAreLeftOut() throws IOException {
        ObjectNode description = words();
        description.set(
                "truncation", json("{'direction': 'Right', 'max_length': 2, 'strategy': 'LongestFirst', 'stride': 0}"));
        description.set("padding", json("""
                {'strategy': {'Fixed': 9}, 'direction': 'Right', 'pad_to_multiple_of': null, 'pad_id': 0,
                 'pad_type_id': 0, 'pad_token': '<unk>'}
                """));
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"model_max_length\": 2}");

        try (Tokenizer tokenizer = tokenizer(description)) {
            assertThat(tokenizer.encode("a b c")).containsExactly(3, 4, 5);
        }
    }

    @ParameterizedTest
    @MethodSource("templates")
    void specialTokensBeforeATextAreKnown(ObjectNode description, int[] leading, int[] encoded) {
        try (Tokenizer tokenizer = tokenizer(description)) {
            assertThat(tokenizer.leadingSpecialTokens()).containsExactly(leading);
            assertThat(tokenizer.encode("b a")).containsExactly(encoded);
            assertThat(tokenizer.encodeWithoutSpecialTokens("b a")).containsExactly(4, 3);
        }
    }

    static Stream<Arguments> templates() {
        return Stream.of(
                Arguments.of(words(), new int[] {}, new int[] {4, 3}),
                Arguments.of(wordsWithin("A"), new int[] {}, new int[] {4, 3}),
                Arguments.of(wordsWithin("<s>", "A"), new int[] {1}, new int[] {1, 4, 3}),
                Arguments.of(wordsWithin("A", "</s>"), new int[] {}, new int[] {4, 3, 2}),
                Arguments.of(wordsWithin("<s>", "A", "</s>"), new int[] {1}, new int[] {1, 4, 3, 2}),
                Arguments.of(wordsWithin("<s>", "</s>", "A", "<s>"), new int[] {1, 2}, new int[] {1, 2, 4, 3, 1}));
    }

    @Test
    void emptyTextMayGiveNoTokens() {
        try (Tokenizer tokenizer = tokenizer(words())) {
            assertThat(tokenizer.encode("")).isEmpty();
            assertThat(tokenizer.encode("   ")).isEmpty();
        }
    }

    @Test
    void tokenBeyondTheVocabularyIsRefused() {
        Path file = write(folder, words());
        try (Tokenizer tokenizer = Tokenizer.read(LocalSource.of(file), 5)) {
            assertThat(tokenizer.encode("a b")).containsExactly(3, 4);

            InputException refusal = catchThrowableOfType(InputException.class, () -> tokenizer.encode("a b c"));

            assertThat(refusal).isInstanceOf(MalformedInputException.class);
            assertThat(refusal.file()).isEqualTo(file);
            assertThat(refusal.problem()).contains("token 5", "5 entries");
        }
    }

    @Test
    void textThatTheTokenizerCannotSplitIsRefused() {
        ObjectNode description = words();
        description.set("model", json("{'type': 'WordLevel', 'unk_token': '<none>', 'vocab': {'a': 0}}"));
        write(folder, description);

        assertThat(refusal())
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining("cannot split a text into tokens");
    }

    @ParameterizedTest
    @MethodSource("damaged")
    void fileThatIsNoTokenizerIsRefused(String content, String problem) {
        write(folder, content);

        assertThat(refusal()).isInstanceOf(MalformedInputException.class).hasMessageContaining(problem);
    }

    static Stream<Arguments> damaged() throws IOException {
        String valid = words().toString();
        String sample = Files.readString(SAMPLE);
        return Stream.of(
                Arguments.of("", "is empty"),
                Arguments.of(" \n", "is empty"),
                Arguments.of("tokenizer", "is not valid JSON"),
                Arguments.of("[]", "is not a JSON object"),
                Arguments.of("null", "is not a JSON object"),
                Arguments.of("{}", "is not a tokenizer that can be used"),
                Arguments.of("{} {}", "has something after the JSON object"),
                Arguments.of(valid + "}", "is not valid JSON"),
                Arguments.of(valid.substring(0, 200), "is not valid JSON"),
                Arguments.of(sample.substring(0, 5000), "is not valid JSON"),
                Arguments.of("\0\1\2", "is not valid JSON"),
                Arguments.of("[".repeat(1_000_000), "is not a JSON object"),
                Arguments.of("{\"a\":".repeat(1_000_000), "is not valid JSON"),
                Arguments.of(sample.replace("\"o h\"", "\"qqq zzz\""), "out of vocabulary"),
                Arguments.of(valid.replace("\"a\":3", "\"a\":-3"), "is not a tokenizer that can be used"));
    }

    @ParameterizedTest
    @MethodSource("damagedParts")
    void partThatMakesNoSenseIsRefused(ObjectNode tokenizer, String part, String value, String problem) {
        tokenizer.put(part, "HERE");
        write(folder, tokenizer.toString().replace("\"HERE\"", value));

        assertThat(refusal()).isInstanceOf(MalformedInputException.class).hasMessageContaining(problem);
    }

    static Stream<Arguments> damagedParts() {
        String template = "{'type': 'TemplateProcessing', 'special_tokens': {}, 'pair': [], 'single': [%s]}";
        return Stream.of(
                part("version", "'9.9'", "Unknown tokenizer version '9.9'"),
                part("model", "{'type': 'XYZ'}", "is not a tokenizer that can be used"),
                part("model", "7", "is not a tokenizer that can be used"),
                part("model", "null", "is not a tokenizer that can be used"),
                part("normalizer", "[".repeat(99_999), "is not valid JSON"),
                part("normalizer", "['']", "normalizer: is not an object"),
                part("normalizer", "{'type': 'Sequence', 'normalizers': [1]}", "normalizer: is not an object"),
                part("normalizer", "{'type': 'Prepend', 'prepend': ''}", "normalizer: prepends an empty text"),
                part(
                        "normalizer",
                        "{'type': 'Sequence', 'normalizers': [{'type': 'Replace', 'pattern': {'Regex': ''},"
                                + " 'content': 'x'}]}",
                        "normalizer: replaces an empty text"),
                part(
                        "normalizer",
                        "{'type': 'Precompiled', 'precompiled_charsmap': 'ALQCAACE'}",
                        "normalizer: has a precompiled_charsmap that is cut off"),
                part(
                        "normalizer",
                        "{'type': 'Precompiled', 'precompiled_charsmap': '%'}",
                        "normalizer: has a precompiled_charsmap that is cut off"),
                part(
                        "post_processor",
                        template.formatted("{'SpecialToken': {'id': 'x', 'type_id': 0}}"),
                        "post_processor: uses the special token \"x\", which it does not define"),
                part(
                        "post_processor",
                        "{'type': 'Sequence', 'processors': ["
                                + template.formatted("{'Sequence': {'id': 'B', 'type_id': 0}}") + "]}",
                        "post_processor: asks for a second text"),
                part("decoder", "[".repeat(120) + "]".repeat(120), "is not valid JSON"),
                part("decoder", "{'type': 1e999}", "cannot be represented"),
                part("decoder", "{'type': '\\ud800'}", "cannot be represented"),
                part("decoder", "{'\\udc00': 1}", "cannot be represented"),
                part("decoder", "{'type' 'ByteLevel'}", "is not valid JSON"));
    }

    private static Arguments part(String part, String value, String problem) {
        return Arguments.of(words(), part, value.replace('\'', '"'), problem);
    }

    @Test
    void fileThatIsNotUtf8IsRefused() throws IOException {
        Files.write(folder.resolve("tokenizer.json"), new byte[] {'{', '"', (byte) 0xC3, '"', ':', '1', '}'});

        assertThat(refusal()).isInstanceOf(MalformedInputException.class).hasMessageContaining("is not UTF-8 text");
    }

    @Test
    void prefixOfContinuedWordsIsNotSupported() throws IOException {
        write(
                folder,
                Files.readString(SAMPLE)
                        .replace("\"continuing_subword_prefix\": null", "\"continuing_subword_prefix\": \"####\""));

        assertThat(refusal()).isInstanceOf(UnsupportedInputException.class);
        assertThat(refusal().field()).isEqualTo("model.continuing_subword_prefix");
    }

    @Test
    void missingFileIsSaidToBeMissing() {
        assertThat(refusal()).isInstanceOf(MissingInputException.class).hasMessageContaining("does not exist");
    }

    @Test
    void folderInPlaceOfTheFileIsNamedAsSuch() throws IOException {
        Files.createDirectory(folder.resolve("tokenizer.json"));

        assertThat(refusal()).hasMessageContaining("is a folder");
    }

    @Test
    void overlongFileIsRefusedUnread() throws IOException {
        try (RandomAccessFile sparse =
                new RandomAccessFile(folder.resolve("tokenizer.json").toFile(), "rw")) {
            sparse.setLength(1L << 40);
        }

        assertThat(refusal()).isInstanceOf(MalformedInputException.class).hasMessageContaining("is larger than");
    }

    /** On some of this the native library alone would end the process, and this test would not come back. */
    @Test
    void damagedFileIsReadOrRefused() throws IOException {
        byte[] sample = Files.readAllBytes(SAMPLE);
        byte[] likely = "0123456789\"{}[],:truenlf\\".getBytes(StandardCharsets.US_ASCII);
        Path file = folder.resolve("tokenizer.json");
        Random random = new Random(5);
        for (int round = 0; round < 400; round++) {
            byte[] damaged = sample.clone();
            for (int change = random.nextInt(4); change >= 0; change--) {
                int length = random.nextInt(4) == 0 ? sample.length : 1700;
                damaged[random.nextInt(length)] =
                        random.nextInt(3) == 0 ? (byte) random.nextInt(256) : likely[random.nextInt(likely.length)];
            }
            Files.write(file, damaged);
            try (Tokenizer tokenizer = Tokenizer.read(LocalSource.of(file), SAMPLE_VOCABULARY)) {
                tokenizer.encode("Hello wörld\n");
                tokenizer.leadingSpecialTokens();
            } catch (InputException refusal) {
                assertThat(refusal.getMessage()).doesNotContain("\n");
            }
        }
    }

    @Test
    void closingTwiceDoesNoHarm() {
        Tokenizer tokenizer = sample();
        tokenizer.close();

        assertThatCode(tokenizer::close).doesNotThrowAnyException();
    }
}
