package io.github.swscan.text.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.checkpoint.gguf.GgufMetadata;
import io.github.swscan.fixture.GgufWriter;
import io.github.swscan.fixture.TestResources;
import io.github.swscan.input.InputException;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.UnsupportedInputException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class GgufTokenizerTest {

    private static final Path FILES = TestResources.at("tokenizers");

    @TempDir
    private Path folder;

    private static Tokenizer tokenizer(Path file) {
        GgufMetadata metadata =
                Checkpoint.open(CheckpointLocation.find(file)).metadata().orElseThrow();
        return Tokenizer.of(GgufTokenizer.of(metadata).orElseThrow(), Integer.MAX_VALUE);
    }

    private static JsonNode expected() throws IOException {
        return JsonMapper.builder()
                .build()
                .readTree(FILES.resolve("expected.json").toFile());
    }

    static Stream<Arguments> models() throws IOException {
        return StreamSupport.stream(expected().get("models").spliterator(), false)
                .map(model -> Arguments.of(
                        model.get("file").textValue(), model.get("pre").textValue(), model.get("ids")));
    }

    /** Real vocabularies, cut short, and the token ids that llama.cpp or the model's own tokenizer gives for them. */
    @ParameterizedTest(name = "{0} as {1}")
    @MethodSource("models")
    void tokensAreThoseOfTheReference(String file, String pre, JsonNode expected) throws IOException {
        JsonNode texts = expected().get("texts");
        try (Tokenizer tokenizer = tokenizer(withPre(FILES.resolve(file), pre))) {
            for (int i = 0; i < texts.size(); i++) {
                if (!expected.get(i).isNull()) {
                    int[] ids = JsonMapper.builder().build().treeToValue(expected.get(i), int[].class);
                    assertThat(tokenizer.encode(texts.get(i).textValue()))
                            .as(texts.get(i).toString())
                            .isEqualTo(ids);
                }
            }
        }
    }

    /** The same vocabulary under the name of another pre-tokenizer. */
    private Path withPre(Path file, String pre) {
        GgufMetadata metadata =
                Checkpoint.open(CheckpointLocation.find(file)).metadata().orElseThrow();
        if (metadata.text("tokenizer.ggml.pre").orElseThrow().equals(pre)) {
            return file;
        }
        GgufWriter writer = new GgufWriter();
        metadata.keys().stream()
                .filter(key -> key.startsWith("tokenizer."))
                .forEach(key -> write(
                        writer,
                        key,
                        key.endsWith(".pre") ? pre : metadata.value(key).orElseThrow()));
        return writer.write(folder.resolve("model.gguf"));
    }

    private static void write(GgufWriter writer, String key, Object value) {
        if (value instanceof List<?> list) {
            writer.list(key, list.stream().map(GgufTokenizerTest::narrow).toList());
        } else {
            writer.key(key, narrow(value));
        }
    }

    private static Object narrow(Object value) {
        if (value instanceof Long whole) {
            return whole.intValue();
        }
        return value instanceof Double fraction ? (Object) fraction.floatValue() : value;
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama-spm.gguf", "phi-3.gguf", "gpt-2.gguf", "llama-bpe.gguf", "gemma.gguf"})
    void tokensAreReadBack(String file) {
        String text = "Hello there,\n  how are you? 3 größe 😀";
        try (Tokenizer tokenizer = tokenizer(FILES.resolve(file))) {
            assertThat(tokenizer.decode(tokenizer.encodeWithoutSpecialTokens(text)))
                    .isEqualTo(text);
        }
    }

    private static final List<String> TOKENS = List.of("<unk>", "<s>", "</s>", "<0x21>", "\u2581", "a", "b", "ab");

    private static GgufWriter sentencePiece() {
        return new GgufWriter()
                .key("tokenizer.ggml.model", "llama")
                .list("tokenizer.ggml.tokens", TOKENS)
                .list("tokenizer.ggml.scores", List.of(0f, 0f, 0f, 0f, -3f, -4f, -5f, -1f))
                .list("tokenizer.ggml.token_type", List.of(2, 3, 3, 6, 1, 1, 1, 1));
    }

    private static GgufWriter byteLevel(String pre) {
        return new GgufWriter()
                .key("tokenizer.ggml.model", "gpt2")
                .key("tokenizer.ggml.pre", pre)
                .list("tokenizer.ggml.tokens", List.of("<s>", "a", "b", "ab"))
                .list("tokenizer.ggml.token_type", List.of(3, 1, 1, 1))
                .list("tokenizer.ggml.merges", List.of("a b"));
    }

    private int[] encode(GgufWriter writer, String text) {
        try (Tokenizer tokenizer = tokenizer(writer.write(folder.resolve("model.gguf")))) {
            return tokenizer.encode(text);
        }
    }

    @Test
    void spacesAndSpecialTokensAreAddedAsTheFileSays() {
        assertThat(encode(sentencePiece(), "ab!")).containsExactly(1, 4, 7, 3);
        assertThat(encode(sentencePiece().key("tokenizer.ggml.add_space_prefix", false), "ab"))
                .containsExactly(1, 7);
        assertThat(encode(
                        sentencePiece()
                                .key("tokenizer.ggml.add_bos_token", false)
                                .key("tokenizer.ggml.add_eos_token", true),
                        "ab"))
                .containsExactly(4, 7, 2);
        assertThat(encode(
                        sentencePiece()
                                .key("tokenizer.ggml.bos_token_id", 2)
                                .key("tokenizer.ggml.eos_token_id", 2)
                                .key("tokenizer.ggml.add_eos_token", true),
                        "ab"))
                .containsExactly(2, 4, 7, 2);
        assertThat(encode(sentencePiece(), "a</s>b")).containsExactly(1, 4, 5, 2, 4, 6);
        assertThat(encode(sentencePiece(), "c")).containsExactly(1, 4, 0);
        assertThat(encode(byteLevel("gpt-2"), "ab")).containsExactly(3);
        assertThat(encode(
                        byteLevel("gpt-2")
                                .key("tokenizer.ggml.bos_token_id", 0)
                                .key("tokenizer.ggml.add_bos_token", true),
                        "ab"))
                .containsExactly(0, 3);
        assertThat(encode(byteLevel("llama-bpe").key("tokenizer.ggml.bos_token_id", 0), "ab"))
                .containsExactly(0, 3);
    }

    @Test
    void tokensWithEqualScoresAreMadeInTheOrderOfTheirIds() {
        GgufWriter writer = new GgufWriter()
                .key("tokenizer.ggml.model", "llama")
                .key("tokenizer.ggml.add_space_prefix", false)
                .key("tokenizer.ggml.add_bos_token", false)
                .list("tokenizer.ggml.tokens", List.of("<unk>", "a", "b", "c", "bc", "ab"))
                .list("tokenizer.ggml.scores", List.of(0f, -1000f, -1000f, -1000f, -1000f, -1000f))
                .list("tokenizer.ggml.token_type", List.of(2, 1, 1, 1, 1, 1));

        assertThat(encode(writer, "abc")).containsExactly(1, 4);
    }

    @Test
    void filesWithoutAVocabularyHaveNoTokenizer() {
        Path file = new GgufWriter().key("tokenizer.ggml.model", "none").write(folder.resolve("model.gguf"));
        GgufMetadata metadata =
                Checkpoint.open(CheckpointLocation.find(file)).metadata().orElseThrow();

        assertThat(GgufTokenizer.of(metadata)).isEmpty();
    }

    /** As llama.cpp takes files from before pre-tokenizers had names: runs of digits in threes, punctuation by itself. */
    @Test
    void aFileThatNamesNoPreTokenizerHasTheFirstThatThereWas() {
        GgufWriter writer = new GgufWriter()
                .key("tokenizer.ggml.model", "gpt2")
                .list("tokenizer.ggml.tokens", List.of("1", "2", "3", "4", "12", "123", "1234", "!", "!1"))
                .list("tokenizer.ggml.token_type", List.of(1, 1, 1, 1, 1, 1, 1, 1, 1))
                .list("tokenizer.ggml.merges", List.of("1 2", "12 3", "123 4", "! 1"));

        try (Tokenizer tokenizer = tokenizer(writer.write(folder.resolve("model.gguf")))) {
            assertThat(tokenizer.encode("!1234")).containsExactly(7, 5, 3);
        }
    }

    private InputException refusal(GgufWriter writer) {
        Path file = writer.write(folder.resolve("model.gguf"));
        InputException refusal =
                catchThrowableOfType(InputException.class, () -> tokenizer(file).close());
        assertThat(refusal).isNotNull();
        assertThat(refusal.getMessage())
                .startsWith(file + ": ")
                .endsWith("put the model's tokenizer.json beside the file, or give --token-ids FILE")
                .doesNotContain("\n")
                .hasSizeLessThan(1000);
        return refusal;
    }

    @ParameterizedTest
    @ValueSource(strings = {"viking", "x\ny", ""})
    void unknownPreTokenizersAreRefusedByName(String name) {
        InputException refusal = refusal(byteLevel(name));

        assertThat(refusal).isInstanceOf(UnsupportedInputException.class);
        assertThat(refusal.getMessage())
                .contains("tokenizer.ggml.pre: the pre-tokenizer \"" + name.replace("\n", "\\u000a")
                        + "\" is not supported");
    }

    @Test
    void otherTokenizersAreRefusedByName() {
        assertThat(refusal(new GgufWriter()
                        .key("tokenizer.ggml.model", "rwkv")
                        .list("tokenizer.ggml.tokens", List.of("a"))))
                .isInstanceOf(UnsupportedInputException.class)
                .hasMessageContaining("tokenizer.ggml.model: the tokenizer \"rwkv\" is not supported");
    }

    static Stream<Arguments> malformed() {
        String prefix = "tokenizer.ggml.";
        List<String> long_ = List.of("a".repeat(600), "b", "c", "d", "e", "f", "g", "h");
        List<String> nested =
                IntStream.rangeClosed(1, 400).mapToObj("a"::repeat).toList();
        return Stream.of(
                Arguments.of("tokens: is not a list", with("llama", w -> w.key(prefix + "tokens", 3))),
                Arguments.of("tokens: is not a list", with("llama", w -> w.list(prefix + "tokens", List.of(3)))),
                Arguments.of(
                        "tokens: is empty",
                        with("llama", w -> w.list(prefix + "tokens", GgufWriter.TEXT, 0, new byte[0]))),
                Arguments.of("model: is missing", with(null, w -> w.list(prefix + "tokens", TOKENS))),
                Arguments.of("scores: has 0 entries for 8", with("llama", w -> w.list(prefix + "tokens", TOKENS))),
                Arguments.of("scores: has 1 entries for 8", with("llama", w -> w.list(prefix + "tokens", TOKENS)
                        .list(prefix + "scores", List.of(1f)))),
                Arguments.of("scores: is not a list", with("llama", w -> w.list(prefix + "tokens", TOKENS)
                        .list(prefix + "scores", TOKENS))),
                Arguments.of(
                        "scores: has a score that is no number", with("llama", w -> w.list(prefix + "tokens", TOKENS)
                                .list(prefix + "scores", Collections.nCopies(8, Float.NaN)))),
                Arguments.of(
                        "scores: has a score that is no number", with("llama", w -> w.list(prefix + "tokens", TOKENS)
                                .list(prefix + "scores", Collections.nCopies(8, Float.POSITIVE_INFINITY)))),
                Arguments.of("token_type: has 99, which is no type of token", with("llama", w -> w.list(
                                prefix + "tokens", TOKENS)
                        .list(prefix + "scores", scores(8))
                        .list(prefix + "token_type", Collections.nCopies(8, 99)))),
                Arguments.of("token_type: has 7, which is no type of token", with("gpt2", w -> w.list(
                                prefix + "tokens", TOKENS)
                        .list(prefix + "token_type", Collections.nCopies(8, 7)))),
                Arguments.of("merges: is missing", with("gpt2", w -> w.key(prefix + "pre", "gpt-2")
                        .list(prefix + "tokens", List.of("a", "b")))),
                Arguments.of("token_type: has 1 entries for 8", with("llama", w -> w.list(prefix + "tokens", TOKENS)
                        .list(prefix + "token_type", List.of(1)))),
                Arguments.of(
                        "tokens: has \"a\" twice, as tokens 0 and 1",
                        with("llama", w -> w.list(prefix + "tokens", List.of("a", "a")))),
                Arguments.of(
                        "tokens: has a token of more than 512 characters",
                        with("llama", w -> w.list(prefix + "tokens", long_).list(prefix + "scores", scores(8)))),
                Arguments.of(
                        "tokens: has too many tokens that are parts of others",
                        with("llama", w -> w.list(prefix + "tokens", nested).list(prefix + "scores", scores(400)))),
                Arguments.of("unknown_token_id: is 8, but there are 8 tokens", with("llama", w -> w.list(
                                prefix + "tokens", TOKENS)
                        .list(prefix + "scores", scores(8))
                        .key(prefix + "unknown_token_id", 8))),
                Arguments.of("bos_token_id: is 4294967295, but there are 8 tokens", with("llama", w -> w.list(
                                prefix + "tokens", TOKENS)
                        .list(prefix + "scores", scores(8))
                        .key(prefix + "bos_token_id", -1))),
                Arguments.of("add_bos_token: is not true or false", with("llama", w -> w.list(prefix + "tokens", TOKENS)
                        .list(prefix + "scores", scores(8))
                        .key(prefix + "add_bos_token", 1))),
                Arguments.of("bos_token_id: is missing", with("gpt2", w -> w.key(prefix + "pre", "llama-bpe")
                        .list(prefix + "tokens", List.of("a", "b")))),
                Arguments.of(
                        "merges: has \"a c\", but \"c\" is no token", with("gpt2", w -> w.key(prefix + "pre", "gpt-2")
                                .list(prefix + "tokens", List.of("a", "b"))
                                .list(prefix + "merges", List.of("a c")))),
                Arguments.of(
                        "merges: has \"a b\", but \"ab\" is no token", with("gpt2", w -> w.key(prefix + "pre", "gpt-2")
                                .list(prefix + "tokens", List.of("a", "b"))
                                .list(prefix + "merges", List.of("a b")))),
                Arguments.of("merges: has \"a\", but \"\" is no token", with("gpt2", w -> w.key(prefix + "pre", "gpt-2")
                        .list(prefix + "tokens", List.of("a", ""))
                        .list(prefix + "merges", List.of("a")))));
    }

    private static List<Float> scores(int count) {
        Float[] scores = new Float[count];
        Arrays.fill(scores, -1f);
        return List.of(scores);
    }

    private static GgufWriter with(String model, Consumer<GgufWriter> more) {
        GgufWriter writer = new GgufWriter();
        if (model != null) {
            writer.key("tokenizer.ggml.model", model);
        }
        more.accept(writer);
        return writer;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("malformed")
    void malformedMetadataIsRefused(String message, GgufWriter writer) {
        Path file = writer.write(folder.resolve("model.gguf"));
        InputException refusal =
                catchThrowableOfType(InputException.class, () -> tokenizer(file).close());

        assertThat(refusal).isInstanceOf(MalformedInputException.class);
        assertThat(refusal.getMessage())
                .contains("tokenizer.ggml." + message)
                .doesNotContain("\n")
                .hasSizeLessThan(1000);
    }
}
