package io.github.swscan.text.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.fixture.Models;
import io.github.swscan.fixture.ReadOrRefused;
import io.github.swscan.fixture.TestResources;
import io.github.swscan.input.BuiltInResource;
import io.github.swscan.input.InputException;
import io.github.swscan.input.LocalFolder;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.UnsupportedInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

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
                        new TokenizerFolder.Model(
                                model.path("model_type").asText(),
                                Optional.empty(),
                                model.path("vocab_size").asInt()))
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

    @TempDir
    private Path folder;

    /** A copy that a test may change. */
    private Path copy(String name) throws IOException {
        return Models.copy(VOCABULARIES.resolve(name), folder.resolve(name));
    }

    private InputException refusal(Path of) {
        return catchThrowableOfType(InputException.class, () -> Tokenizer.of(tokenizer(of), Integer.MAX_VALUE)
                .close());
    }

    private static int[] ids(Path of, String text) throws IOException {
        try (Tokenizer tokenizer = Tokenizer.of(tokenizer(of), Integer.MAX_VALUE)) {
            return tokenizer.encode(text);
        }
    }

    private void change(Path file, UnaryOperator<String> change) throws IOException {
        Files.writeString(file, change.apply(Files.exists(file) ? Files.readString(file) : "{}"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "qwen2", "llama2", "gemma", "mistral", "unigram", "llama3", "tekken", "qwen"})
    void tokensAreReadBack(String name) throws IOException {
        String text = "Hello there,\n  how are you? 3 books 😀";
        try (Tokenizer tokenizer = Tokenizer.of(tokenizer(VOCABULARIES.resolve(name)), Integer.MAX_VALUE)) {
            String expected = name.equals("unigram") ? text.replace("\n  ", " ") : text;
            assertThat(tokenizer.decode(tokenizer.encodeWithoutSpecialTokens(text)))
                    .isEqualTo(expected);
        }
    }

    @Test
    void folderWithoutFilesOfATokenizerHasNone() throws IOException {
        Files.writeString(folder.resolve("config.json"), "{}");
        Files.writeString(folder.resolve("tokenizer_config.json"), "{}");

        assertThat(TokenizerFolder.of(
                        new LocalFolder(folder),
                        UnaryOperator.identity(),
                        new TokenizerFolder.Model("llama", Optional.empty(), 1)))
                .isEmpty();
    }

    @Test
    void filesAreTakenInTheOrderOfPreference() throws IOException {
        Path all = copy("gpt2");
        for (String name : List.of("vocab.txt", "qwen.tiktoken", "tokenizer.model", "tekken.json")) {
            assertThat(tokenizer(all).files()).doesNotContain(all.resolve(name));
            Files.writeString(all.resolve(name), "a");
            boolean isPreferred = name.equals("tokenizer.model") || name.equals("tekken.json");
            assertThat(tokenizer(all).file()).isEqualTo(all.resolve(isPreferred ? name : "vocab.json"));
        }
    }

    static Stream<Arguments> classes() {
        return Stream.of(
                Arguments.of(
                        "gpt2", "CTRLTokenizer", "\"CTRLTokenizer\" is not supported with vocab.json and merges.txt"),
                Arguments.of("gpt2", "LlamaTokenizer", "\"LlamaTokenizer\" is not supported with vocab.json"),
                Arguments.of("llama2", "GPT2Tokenizer", "\"GPT2Tokenizer\" is not supported with tokenizer.model"),
                Arguments.of("bert-cased", "BertJapaneseTokenizer", "\"BertJapaneseTokenizer\" is not supported"),
                Arguments.of("t5", "MarianTokenizer", "\"MarianTokenizer\" is not supported with spiece.model"),
                Arguments.of("llama3", "TikTokenTokenizer", "\"TikTokenTokenizer\" is not supported"));
    }

    @ParameterizedTest
    @MethodSource("classes")
    void classThatIsNotKnownForTheFilesIsRefusedByName(String name, String type, String problem) throws IOException {
        Path changed = copy(name);
        Files.writeString(changed.resolve("tokenizer_config.json"), "{\"tokenizer_class\": \"%s\"}".formatted(type));

        assertThat(refusal(changed))
                .isInstanceOf(UnsupportedInputException.class)
                .hasMessageContaining(problem)
                .hasMessageContaining("give --token-ids FILE");
        assertThat(tokenizer(changed).refusal()).isPresent();
    }

    @Test
    void documentNamesAllClasses() throws IOException {
        String document = Files.readString(Path.of("docs", "tokenizers.md"));
        JsonNode classes = MAPPER.readTree(BuiltInResource.read(TokenizerClass.class, "tokenizer-classes.json"));

        List<String> names = StreamSupport.stream(classes.spliterator(), false)
                .filter(one -> !one.get("files").textValue().equals("none"))
                .flatMap(one -> StreamSupport.stream(one.get("names").spliterator(), false))
                .map(JsonNode::textValue)
                .toList();

        assertThat(names).hasSizeGreaterThan(40).allSatisfy(name -> assertThat(document)
                .contains("`" + name));
    }

    @Test
    void withoutAClassTheFamilyHasOne() throws IOException {
        Path changed = copy("gpt2");
        Files.delete(changed.resolve("tokenizer_config.json"));
        assertThat(ids(changed, "Ａ 1")).isEqualTo(ids(VOCABULARIES.resolve("gpt2"), "Ａ 1"));

        change(changed.resolve("config.json"), config -> "{\"model_type\": \"ctrl\"}");
        assertThat(refusal(changed)).hasMessageContaining("\"CTRLTokenizer\" is not supported");

        change(changed.resolve("config.json"), config -> "{\"model_type\": \"llama\"}");
        assertThat(refusal(changed)).hasMessageContaining("tokenizer_class: is missing in tokenizer_config.json");
    }

    @Test
    void nameOfTheFasterClassIsThatOfTheOther() throws IOException {
        Path changed = copy("gpt2");
        change(
                changed.resolve("tokenizer_config.json"),
                config -> config.replace("GPT2Tokenizer", "GPT2TokenizerFast"));

        assertThat(refusal(changed)).isNull();
    }

    @Test
    void idThatIsDeclaredCounts() throws IOException {
        Path changed = copy("gpt2");
        change(
                changed.resolve("tokenizer_config.json"),
                config -> config.replace("{", "{\"added_tokens_decoder\": {\"7000\": {\"content\": \"<far>\"}},"));

        assertThat(ids(changed, "<far>")).containsExactly(7000);
    }

    @Test
    void declaredTokenTakesTheIdOfAPieceThatWasLeftFree() throws IOException {
        Path changed = copy("internlm2");

        assertThat(ids(changed, "<|plugin|>")).containsExactly(1, 5);
    }

    static Stream<Arguments> malformed() {
        String token = "{'rank': 0, 'token_bytes': 'YQ==', 'token_str': 'a'}";
        return Stream.of(
                Arguments.of("gpt2", "vocab.json", "", "is empty"),
                Arguments.of("gpt2", "vocab.json", "[]", "is not a JSON object"),
                Arguments.of("gpt2", "vocab.json", "{'a': 'b'}", "a: has no id"),
                Arguments.of("gpt2", "vocab.json", "{'a': -1}", "a: has no id"),
                Arguments.of("gpt2", "vocab.json", "{'a': 1, 'a': 2}", "is not valid JSON"),
                Arguments.of("gpt2", "vocab.json", "{'\\\\ud800': 1}", "cannot be represented"),
                Arguments.of("gpt2", "merges.txt", "a\n", "has \"a\", but \"\" is no token"),
                Arguments.of("gpt2", "merges.txt", "zz qq\n", "has \"zz qq\", but \"zz\" is no token"),
                Arguments.of("gpt2", "tokenizer_config.json", "[]", "is not a JSON object"),
                Arguments.of("gpt2", "tokenizer_config.json", "{", "is not valid JSON: it ends too early; download"),
                Arguments.of(
                        "gpt2",
                        "tokenizer_config.json",
                        "{'tokenizer_class': 'GPT2Tokenizer', 'added_tokens_decoder': {'x': {'content': 'a'}}}",
                        "added_tokens_decoder.x: is not a token with its id"),
                Arguments.of(
                        "llama2",
                        "tokenizer_config.json",
                        "{'tokenizer_class': 'LlamaTokenizer', 'add_bos_token': 'yes'}",
                        "add_bos_token: is not true or false"),
                Arguments.of(
                        "llama2",
                        "tokenizer_config.json",
                        "{'tokenizer_class': 'LlamaTokenizer', 'add_eos_token': 1}",
                        "add_eos_token: is not true or false"),
                Arguments.of(
                        "llama2",
                        "tokenizer_config.json",
                        "{'tokenizer_class': 'LlamaTokenizer', 'legacy': 0}",
                        "legacy: is not true or false"),
                Arguments.of(
                        "t5",
                        "tokenizer_config.json",
                        "{'tokenizer_class': 'T5Tokenizer', 'extra_ids': '9'}",
                        "extra_ids: is not a whole number"),
                Arguments.of(
                        "llama2", "tokenizer_config.json", "{'tokenizer_class': 7}", "tokenizer_class: is not a name"),
                Arguments.of(
                        "llama2",
                        "tokenizer_config.json",
                        "{'tokenizer_class': 'LlamaTokenizer', 'bos_token': 7}",
                        "bos_token: is not a token"),
                Arguments.of(
                        "llama2",
                        "tokenizer_config.json",
                        "{'tokenizer_class': 'LlamaTokenizer', 'bos_token': []}",
                        "bos_token: is not a token"),
                Arguments.of(
                        "llama2",
                        "tokenizer_config.json",
                        "{'tokenizer_class': 'LlamaTokenizer', 'eos_token': {'content': '</s>', 'lstrip': 'no'}}",
                        "eos_token: is not a token"),
                Arguments.of(
                        "llama2",
                        "tokenizer_config.json",
                        "{'tokenizer_class': 'LlamaTokenizer', 'image_token': {'content': 3}}",
                        "image_token: is not a token"),
                Arguments.of(
                        "llama2",
                        "tokenizer_config.json",
                        "{'tokenizer_class': 'LlamaTokenizer', 'extra_special_tokens': '<a>'}",
                        "extra_special_tokens: is not a list of tokens"),
                Arguments.of(
                        "llama2",
                        "tokenizer_config.json",
                        "{'tokenizer_class': 'LlamaTokenizer', 'additional_special_tokens': [7]}",
                        "additional_special_tokens: is not a list of tokens"),
                Arguments.of(
                        "llama2",
                        "tokenizer_config.json",
                        "{'tokenizer_class': 'LlamaTokenizer', 'added_tokens_decoder': [1]}",
                        "added_tokens_decoder: is not an object with tokens"),
                Arguments.of(
                        "llama2",
                        "tokenizer_config.json",
                        "{'tokenizer_class': 'LlamaTokenizer', 'added_tokens_decoder': {'7': {'content': 'a', 'special': 1}}}",
                        "added_tokens_decoder.7: is not a token"),
                Arguments.of(
                        "tekken",
                        "tekken.json",
                        "{'config': {'pattern': 'a'}, 'vocab': [{'rank': 1.5, 'token_bytes': 'YQ=='}]}",
                        "vocab[0].rank: is not a whole number"),
                Arguments.of(
                        "tekken",
                        "tekken.json",
                        "{'config': {'pattern': 'a'}, 'vocab': [{'rank': '0', 'token_bytes': 'YQ=='}]}",
                        "vocab[0].rank: is not a whole number"),
                Arguments.of(
                        "tekken",
                        "tekken.json",
                        "{'config': {'pattern': 'a'}, 'vocab': [{'rank': [], 'token_bytes': 'YQ=='}]}",
                        "vocab[0].rank: is not a whole number"),
                Arguments.of(
                        "tekken",
                        "tekken.json",
                        "{'config': {'pattern': 'a'}, 'vocab': [{'rank': -1, 'token_bytes': 'YQ=='}]}",
                        "vocab[0].rank: is not a whole number"),
                Arguments.of("opt", "special_tokens_map.json", "{'bos_token': 7}", "bos_token: is not a token"),
                Arguments.of("opt", "added_tokens.json", "{'<a>': 'b'}", "<a>: is not a token with its id"),
                Arguments.of("bert-cased", "vocab.txt", "\n\n", "holds no token"),
                Arguments.of("bert-cased", "vocab.txt", "<html>\n", "lacks the token \"[UNK]\""),
                Arguments.of("bert-cased", "vocab.txt", "[UNK]\n[CLS]\n", "lacks the token \"[SEP]\""),
                Arguments.of("mpnet", "vocab.txt", "[UNK]\n<s>\n", "lacks the token \"</s>\""),
                Arguments.of("bert-cased", "vocab.txt", "[UNK]\na\n\na\n", "line 4: has \"a\" again, after line 2"),
                Arguments.of("llama2", "tokenizer.model", "\n\0", "has no text"),
                Arguments.of("llama2", "tokenizer.model", "\n\5abc", "is not a SentencePiece model, or is damaged"),
                Arguments.of("llama2", "tokenizer.model", "\n\5\n\1a\30\11", "has the type 9, which no piece has"),
                Arguments.of("llama2", "tokenizer.model", "\22\2\30\1", "pieces: is empty"),
                Arguments.of(
                        "llama2",
                        "tokenizer.model",
                        "\n\3\n\1a\n\3\n\1b\n\3\n\1a",
                        "pieces[2]: has \"a\", as pieces[0] has"),
                Arguments.of(
                        "llama2",
                        "tokenizer.model",
                        "\n\5\n\1a\30\3\n\3\n\1a\n\5\n\1a\30\6",
                        "pieces[2]: has \"a\", as pieces[0] has"),
                Arguments.of(
                        "llama2",
                        "tokenizer.model",
                        "\n\3\n\1a\22\2\30\3",
                        "model_type: is WORD, which is not supported"),
                Arguments.of("llama2", "tokenizer.model", "\n\3\n\1a\22\2\30\7", "model_type: is 7"),
                Arguments.of("llama2", "tokenizer.model", "\n\3\n\1a\22\3\300\1\1", "treat_whitespace_as_suffix"),
                Arguments.of("xlm-roberta", "sentencepiece.bpe.model", "\n\3\n\1a", "has fewer than 3 entries"),
                Arguments.of("llama3", "tokenizer.model", "YQ== 0\nYQ== 1\n", "line 2: has a token or a rank"),
                Arguments.of("llama3", "tokenizer.model", "YQ== x\n", "line 1: is not a token in base64"),
                Arguments.of("llama3", "tokenizer.model", "Y 0\n", "line 1: is not a token in base64"),
                Arguments.of("llama3", "tokenizer.model", "YQ== 0\n", "has no token for the byte 0"),
                Arguments.of("tekken", "tekken.json", "{}", "config.pattern: is missing"),
                Arguments.of("tekken", "tekken.json", "{'config': 3}", "config: has something that is not an object"),
                Arguments.of(
                        "tekken",
                        "tekken.json",
                        "{'config': {'pattern': 'a', 'default_vocab_size': 99}, 'vocab': [" + token + "]}",
                        "config.default_vocab_size: is 99 for 1 tokens"),
                Arguments.of(
                        "tekken",
                        "tekken.json",
                        "{'config': {'pattern': 'a'}, 'vocab': [{'rank': 1, 'token_bytes': 'YQ=='}]}",
                        "vocab[0]: has the rank 1"),
                Arguments.of(
                        "tekken",
                        "tekken.json",
                        "{'config': {'pattern': 'a'}, 'vocab': [{'rank': 0, 'token_bytes': '*'}]}",
                        "vocab[0]: has bytes that are not in base64"),
                Arguments.of(
                        "tekken",
                        "tekken.json",
                        "{'config': {'pattern': 'a'}, 'special_tokens': [{'rank': 0}]}",
                        "special_tokens: has a token without a text"));
    }

    @ParameterizedTest(name = "{1} of {0}: {3}")
    @MethodSource("malformed")
    void malformedFileIsRefused(String name, String file, String content, String problem) throws IOException {
        Path changed = copy(name);
        boolean isJson = file.endsWith(".json");
        Files.write(
                changed.resolve(file),
                (isJson ? content.replace('\'', '"').replace("\\\\", "\\") : content)
                        .getBytes(StandardCharsets.ISO_8859_1));

        assertThat(refusal(changed)).isNotNull().hasMessageContaining(problem);
        assertThat(refusal(changed).file()).isEqualTo(changed.resolve(file));
    }

    @Test
    void wordThatIsDeclaredMayBeMissingInTheList() throws IOException {
        Path changed = copy("bert-uncased");
        change(changed.resolve("vocab.txt"), words -> words.replace("[SEP]\n", "\n"));
        assertThat(refusal(changed)).hasMessageContaining("lacks the token \"[SEP]\"");

        change(
                changed.resolve("tokenizer_config.json"),
                config -> config.replaceFirst("\\{", "{\"added_tokens_decoder\": {\"3\": {\"content\": \"[SEP]\"}},"));
        assertThat(ids(changed, "a")).endsWith(3);
    }

    @Test
    void whatIsNullOrEmptyIsNotSaid() throws IOException {
        Path changed = copy("llama2");
        change(changed.resolve("tokenizer_config.json"), config -> config.replaceFirst("\\{", """
                        {"pad_token": null, "mask_token": "", "sep_token": {"content": ""}, "image_token": false,
                         "add_eos_token": null, "extra_special_tokens": {}, "additional_special_tokens": [],
                        """));

        assertThat(ids(changed, "Hello there")).isEqualTo(ids(VOCABULARIES.resolve("llama2"), "Hello there"));
    }

    /** Cut within a line, as where a download broke off. */
    @ParameterizedTest
    @CsvSource({
        "llama3, tokenizer.model",
        "cl100k_base, cl100k_base.tiktoken",
        "qwen, qwen.tiktoken",
        "gpt2, merges.txt",
        "openai-gpt, merges.txt"
    })
    void fileThatEndsWithinALineIsRefused(String name, String file) throws IOException {
        Path cut = copy(name).resolve(file);
        byte[] all = Files.readAllBytes(cut);
        Files.write(cut, Arrays.copyOf(all, all.length - 1));

        assertThat(refusal(cut.getParent())).hasMessage(cut + ": ends within a line; download the file again");
    }

    @Test
    void wordsMayEndWithoutALineEndButNotBeforeTheVocabularyOfTheModel() throws IOException {
        Path changed = copy("bert-uncased");
        Path file = changed.resolve("vocab.txt");
        change(file, String::stripTrailing);
        int words = Files.readAllLines(file).size();

        writeVocabularySize(changed, words);
        assertThat(refusal(changed)).isNull();

        change(file, all -> all.substring(0, all.lastIndexOf('\n')));
        assertThat(refusal(changed))
                .hasMessageContaining("makes %d tokens, but the model's vocabulary has %d entries", words - 1, words);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "bert-uncased", "llama3", "tekken", "mistral", "unigram"})
    void vocabularyOfLessThanHalfTheModelsIsRefused(String name) throws IOException {
        Path changed = copy(name);
        int tokens =
                MAPPER.readTree(tokenizer(changed).json()).at("/model/vocab").size();

        writeVocabularySize(changed, 2 * tokens + 1);
        assertThat(refusal(changed)).isNull();

        writeVocabularySize(changed, 2 * tokens + 2);
        assertThat(refusal(changed))
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining("makes %d tokens, but the model's vocabulary has", tokens);
    }

    private static void writeVocabularySize(Path model, int size) throws IOException {
        Path config = model.resolve("config.json");
        ObjectNode options = (ObjectNode) MAPPER.readTree(config.toFile());
        Files.writeString(config, options.put("vocab_size", size).toString());
    }

    /** Whatever is damaged in a model, it is refused or splits texts; nothing ends the process. */
    @ParameterizedTest
    @ValueSource(strings = {"t5", "unigram", "internlm2", "albert"})
    void damagedModelIsReadOrRefused(String name) throws IOException {
        Path changed = copy(name);
        Path file = tokenizer(changed).file();
        byte[] sound = Files.readAllBytes(file);
        Random random = new Random(1);
        for (int i = 0; i < 60; i++) {
            byte[] damaged = sound.clone();
            damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            Files.write(file, damaged);
            ReadOrRefused.check(file, path -> {
                try {
                    ids(changed, "It was 1844, and  the ab größe ﬁ Ａ 😀\n");
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }
}
