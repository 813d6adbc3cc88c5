package io.github.swscan.text.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.fixture.TestResources;
import io.github.swscan.fixture.TokenizerFiles;
import io.github.swscan.input.InputException;
import io.github.swscan.input.LocalSource;
import io.github.swscan.text.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TaskFileTest {

    private static final Path TASKS = TestResources.at("tasks");
    private static final JsonMapper MAPPER = new JsonMapper();
    private static final int CONTEXT = 128;

    @TempDir
    private Path folder;

    private static Tokenizer sampleTokenizer() {
        return Tokenizer.read(LocalSource.of(TokenizerFiles.SAMPLE), TokenizerFiles.SAMPLE_VOCABULARY);
    }

    /** A context and a continuation for each request, as lm-evaluation-harness splits them, before it cuts them off. */
    private static List<Request> expected(String task) throws IOException {
        List<Request> requests = new ArrayList<>();
        for (JsonNode pair : MAPPER.readTree(TASKS.resolve("expected.json").toFile())
                .path("requests")
                .get(task)) {
            List<Integer> continuation = ids(pair.get(1));
            List<Integer> input = new ArrayList<>(ids(pair.get(0)));
            input.addAll(continuation.subList(0, continuation.size() - 1));
            int cut = Math.max(0, input.size() - CONTEXT);
            requests.add(new Request(input.subList(cut, input.size()), continuation, cut > 0));
        }
        return requests;
    }

    private static List<Integer> ids(JsonNode array) {
        return IntStream.range(0, array.size())
                .map(i -> array.get(i).intValue())
                .boxed()
                .toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"choices", "last-words"})
    void splitsTokensAsTheHarnessDoes(String task) throws IOException {
        try (Tokenizer tokenizer = sampleTokenizer()) {
            assertThat(TaskFile.read(TASKS.resolve(task + ".jsonl"), tokenizer, CONTEXT)
                            .requests())
                    .isEqualTo(expected(task))
                    .anyMatch(Request::truncated);
        }
    }

    @Test
    void byteOrderMarkIsSkippedAtTheStartOnly() throws IOException {
        String lines = Files.readString(TASKS.resolve("choices.jsonl"));
        Path marked = Files.writeString(folder.resolve("marked.jsonl"), "\ufeff" + lines);
        Path within = Files.writeString(folder.resolve("within.jsonl"), lines.replaceFirst("\n", "\n\ufeff"));
        try (Tokenizer tokenizer = sampleTokenizer()) {
            assertThat(TaskFile.read(marked, tokenizer, CONTEXT).requests()).isEqualTo(expected("choices"));
            assertThatThrownBy(() -> TaskFile.read(within, tokenizer, CONTEXT))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("line 2: is not valid JSON");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"choices", "last-words"})
    void splitsTokensAsTheHarnessDoesWithoutSpecialTokens(String task) throws IOException {
        ObjectNode file = (ObjectNode) MAPPER.readTree(TokenizerFiles.SAMPLE.toFile());
        file.set(
                "post_processor",
                TokenizerFiles.json(
                        "{'type': 'ByteLevel', 'add_prefix_space': false, 'trim_offsets': true, 'use_regex': true}"));
        try (Tokenizer tokenizer =
                Tokenizer.read(LocalSource.of(TokenizerFiles.write(folder, file)), TokenizerFiles.SAMPLE_VOCABULARY)) {
            assertThat(TaskFile.read(TASKS.resolve(task + ".jsonl"), tokenizer, CONTEXT)
                            .requests())
                    .isEqualTo(expected(task + ", no special tokens"));
        }
    }

    @Test
    void leavesOutSpecialTokensAtTheEnd() throws IOException {
        try (Tokenizer tokenizer = Tokenizer.read(
                LocalSource.of(TokenizerFiles.write(folder, TokenizerFiles.wordsWithin("<s>", "A", "</s>"))), 6)) {
            Path file = write("{\"context\": \"a b\", \"target\": \"c a\"}");
            assertThat(TaskFile.read(file, tokenizer, CONTEXT).requests())
                    .containsExactly(new Request(List.of(1, 3, 4, 5), List.of(5, 3), false));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"choices", "last-word"})
    void theBuiltInTasksAreThose(String name) throws IOException {
        try (Tokenizer tokenizer = sampleTokenizer()) {
            Task task = TaskFile.builtIn(name, "builtin:" + name, tokenizer, CONTEXT);
            assertThat(task.name()).isEqualTo("builtin:" + name);
            assertThat(task.requests()).isEqualTo(expected("builtin:" + name));
        }
    }

    @Test
    void aBuiltInQuestionHasItsAnswerAtAnyPlace() {
        try (Tokenizer tokenizer = sampleTokenizer()) {
            MultipleChoice task = (MultipleChoice) TaskFile.builtIn("choices", "", tokenizer, CONTEXT);
            for (int place = 0; place < 4; place++) {
                int gold = place;
                assertThat(task.questions().stream().filter(question -> question.gold() == gold))
                        .hasSize(10);
            }
        }
    }

    @Test
    void measuresChoicesInCharacters() throws IOException {
        try (Tokenizer tokenizer = sampleTokenizer()) {
            Path file = write("{\"question\": \"a\", \"choices\": [\"é\", \"\uD83D\uDC0E\", \" two\"], \"gold\": 0}");
            MultipleChoice task = (MultipleChoice) TaskFile.read(file, tokenizer, CONTEXT);
            assertThat(task.questions().get(0).choices())
                    .extracting(MultipleChoice.Choice::characters)
                    .containsExactly(1, 1, 4);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', textBlock = """
            {"question": "a" | is not valid JSON
            7 | is not a JSON object
            {} | has neither a field "choices" (multiple choice) nor "text" or "target" (last word)
            {"choices": ["a", "b"], "gold": 0} | has no field "context"
            {"context": 7, "choices": ["a", "b"], "gold": 0} | has a field "context" that is not a text
            {"context": "a", "question": "a", "choices": ["a", "b"], "gold": 0} | both a field "question" and a field
            {"context": "a", "choices": [], "gold": 0} | has a field "choices" with fewer than two texts
            {"context": "a", "choices": ["a"], "gold": 0} | has a field "choices" with fewer than two texts
            {"context": "a", "choices": "a b", "gold": 0} | has a field "choices" that is not an array of texts
            {"context": "a", "choices": ["a", 2], "gold": 0} | has a field "choices" that is not an array of texts
            {"context": "a", "choices": ["a", "b"]} | has no field "gold"
            {"context": "a", "choices": ["a", "b"], "gold": 2} | has a field "gold" that is not a whole number from 0 to 1
            {"context": "a", "choices": ["a", "b"], "gold": -1} | has a field "gold" that is not a whole number from 0 to 1
            {"context": "a", "choices": ["a", "b"], "gold": "0"} | has a field "gold" that is not a whole number
            {"context": "a", "choices": ["a", "b"], "gold": 4294967296} | has a field "gold" that is not a whole number
            {"context": "a", "choices": ["a", ""], "gold": 0} | has an empty choice 1
            {"context": " ", "choices": ["a", "b"], "gold": 0} | has no text before the choice 0
            {"context": "a", "choices": ["a", "b b b b b"], "gold": 0} | the choice 1 has 5 tokens, but the model's context only 4
            {"text": "a"} | has no text before the last word
            {"text": "a "} | has an empty last word
            {"text": ["a"]} | has a field "text" that is not a text
            {"target": "a"} | has no field "context"
            {"context": "a", "target": ""} | has an empty target
            {"context": "a", "target": "b b b b b"} | the target has 5 tokens, but the model's context only 4
            """)
    void refusesALineThatIsWrong(String line, String problem) throws IOException {
        String good = line.contains("\"text\"") || line.contains("\"target\"")
                ? "{\"text\": \"a b\"}"
                : "{\"context\": \"a\", \"choices\": [\"b\", \"c\"], \"gold\": 1}";
        String before = line.equals("{}") ? "" : good;
        Path file = write(before, "", line, good);
        try (Tokenizer tokenizer =
                Tokenizer.read(LocalSource.of(TokenizerFiles.write(folder, TokenizerFiles.words())), 6)) {
            assertThatThrownBy(() -> TaskFile.read(file, tokenizer, 4))
                    .isInstanceOf(InputException.class)
                    .hasMessageStartingWith(file + ": line 3: ")
                    .hasMessageContaining(problem)
                    .hasMessageNotContaining("\n");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', textBlock = """
            {"text": "a b"} | {"context": "a", "choices": ["b", "c"], "gold": 1} | has no field "text"
            {"context": "a", "choices": ["b", "c"], "gold": 1} | {"text": "a b"} | has no field "choices"
            """)
    void refusesLinesOfTwoKinds(String first, String second, String problem) throws IOException {
        Path file = write(first, second);
        try (Tokenizer tokenizer = sampleTokenizer()) {
            assertThatThrownBy(() -> TaskFile.read(file, tokenizer, CONTEXT))
                    .isInstanceOf(InputException.class)
                    .hasMessageStartingWith(file + ": line 2: " + problem);
        }
    }

    @Test
    void refusesTextsThatGiveNoTokens() throws IOException {
        ObjectNode silent = TokenizerFiles.words();
        silent.set("normalizer", TokenizerFiles.json("{'type': 'Replace', 'pattern': {'String': 'c'}, 'content': ''}"));
        Path file = write("{\"text\": \"a c\"}");
        Path contextless = Files.writeString(folder.resolve("contextless.jsonl"), "{\"text\": \"c a\"}\n");
        try (Tokenizer tokenizer = Tokenizer.read(LocalSource.of(TokenizerFiles.write(folder, silent)), 6)) {
            assertThatThrownBy(() -> TaskFile.read(file, tokenizer, CONTEXT))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("line 1: the last word gives no tokens");
            assertThatThrownBy(() -> TaskFile.read(contextless, tokenizer, CONTEXT))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("line 1: the last word follows a context that gives no tokens");
        }
    }

    @Test
    void refusesAFileWithoutLines() throws IOException {
        Path file = write("", " ");
        try (Tokenizer tokenizer = sampleTokenizer()) {
            assertThatThrownBy(() -> TaskFile.read(file, tokenizer, CONTEXT))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("holds no task");
        }
    }

    /** JSON can name half a character; no text has it. */
    @Test
    void readsHalfACharacterAsSomeToken() throws IOException {
        Path file = write("{\"text\": \"the king \\ud83d\"}", "{\"text\": \"the king \\u0000\"}");
        try (Tokenizer tokenizer = sampleTokenizer()) {
            assertThat(TaskFile.read(file, tokenizer, CONTEXT).requests()).hasSize(2);
        }
    }

    private Path write(String... lines) throws IOException {
        return Files.writeString(folder.resolve("task.jsonl"), String.join("\n", lines) + "\n");
    }
}
