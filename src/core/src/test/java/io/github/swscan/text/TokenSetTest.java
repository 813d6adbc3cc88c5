package io.github.swscan.text;

import static io.github.swscan.fixture.TokenizerFiles.SAMPLE;
import static io.github.swscan.fixture.TokenizerFiles.SAMPLE_VOCABULARY;
import static io.github.swscan.fixture.TokenizerFiles.words;
import static io.github.swscan.fixture.TokenizerFiles.wordsWithin;
import static io.github.swscan.fixture.TokenizerFiles.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.input.LocalSource;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.text.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class TokenSetTest {

    private static final int UNLIMITED = Integer.MAX_VALUE;

    @TempDir
    private Path folder;

    private TokenSet ofText(ObjectNode tokenizer, List<String> prompts, String text, int context, int maximum) {
        return ofPassages(tokenizer, prompts, List.of(text), context, maximum);
    }

    private TokenSet ofPassages(
            ObjectNode tokenizer, List<String> prompts, List<String> passages, int context, int maximum) {
        try (Tokenizer words = Tokenizer.read(LocalSource.of(write(folder, tokenizer)), 6)) {
            return TokenSet.ofText(
                    words, prompts, new EvaluationText("a text", passages), context, false, budget(maximum));
        }
    }

    private static TokenBudget budget(int evaluationTokens) {
        return TokenBudget.of(evaluationTokens, TokenBudget.DEFAULT_WINDOW);
    }

    private static List<List<Integer>> lists(List<int[]> sequences) {
        return sequences.stream()
                .map(ids -> Arrays.stream(ids).boxed().toList())
                .toList();
    }

    private static List<List<Integer>> evaluation(TokenSet tokens) {
        return lists(tokens.evaluation().stream().map(tokens.sequences()::get).toList());
    }

    @Test
    void promptsComeFirstThenTheWindowsOfTheText() {
        TokenSet tokens = ofText(wordsWithin("<s>", "A"), List.of("a", "b c"), "a b c a b", 4, UNLIMITED);

        assertThat(tokens.source()).isEqualTo(TokenSource.PROMPTS);
        assertThat(tokens.evaluationText()).isEqualTo("a text");
        assertThat(tokens.evaluation()).containsExactly(2, 3);
        assertThat(lists(tokens.sequences()))
                .containsExactly(List.of(1, 3), List.of(1, 4, 5), List.of(1, 3, 4, 5), List.of(1, 3, 4));
        assertThat(tokens.tokens()).isEqualTo(12);
    }

    @ParameterizedTest
    @MethodSource("windows")
    void windowsFillTheContext(ObjectNode tokenizer, int context, int maximum, List<List<Integer>> windows) {
        assertThat(evaluation(ofText(tokenizer, List.of("a"), "a b c a b c a", context, maximum)))
                .isEqualTo(windows);
    }

    static Stream<Arguments> windows() {
        return Stream.of(
                // What stands alone predicts nothing, and is left out
                Arguments.of(words(), 3, UNLIMITED, List.of(List.of(3, 4, 5), List.of(3, 4, 5))),
                Arguments.of(words(), 4, UNLIMITED, List.of(List.of(3, 4, 5, 3), List.of(4, 5, 3))),
                Arguments.of(words(), 7, UNLIMITED, List.of(List.of(3, 4, 5, 3, 4, 5, 3))),
                Arguments.of(words(), 1000, UNLIMITED, List.of(List.of(3, 4, 5, 3, 4, 5, 3))),
                Arguments.of(words(), 1, UNLIMITED, List.of()),
                Arguments.of(words(), 1000, 3, List.of(List.of(3, 4, 5))),
                Arguments.of(words(), 2, 3, List.of(List.of(3, 4))),
                Arguments.of(words(), 1000, 1, List.of()),
                // Behind a special token even a single one is predicted
                Arguments.of(
                        wordsWithin("<s>", "A"),
                        4,
                        UNLIMITED,
                        List.of(List.of(1, 3, 4, 5), List.of(1, 3, 4, 5), List.of(1, 3))),
                Arguments.of(wordsWithin("<s>", "A"), 2, 2, List.of(List.of(1, 3), List.of(1, 4))),
                Arguments.of(wordsWithin("<s>", "A"), 1, UNLIMITED, List.of()),
                Arguments.of(wordsWithin("<s>", "</s>", "A"), 2, UNLIMITED, List.of()),
                // What a tokenizer puts behind a text is no part of it
                Arguments.of(wordsWithin("<s>", "A", "</s>"), 1000, 3, List.of(List.of(1, 3, 4, 5))));
    }

    /** So that few tokens tell something of every passage. */
    @ParameterizedTest
    @MethodSource("passages")
    void eachPassageGivesAWindowBeforeAnyGivesASecond(int maximum, List<List<Integer>> windows) {
        TokenSet tokens = ofPassages(words(), List.of("a"), List.of("a a a a a", "b b b", "c c c c c c c"), 2, maximum);

        assertThat(evaluation(tokens)).isEqualTo(windows);
    }

    static Stream<Arguments> passages() {
        List<Integer> a = List.of(3, 3);
        List<Integer> b = List.of(4, 4);
        List<Integer> c = List.of(5, 5);
        return Stream.of(
                // A passage's last token stands alone, and is left out
                Arguments.of(UNLIMITED, List.of(a, b, c, a, c, c)),
                Arguments.of(6, List.of(a, b, c)),
                Arguments.of(9, List.of(a, b, c, a)),
                Arguments.of(4, List.of(a, b)));
    }

    @Test
    void everyWindowBeginsWithTheSpecialTokens() {
        TokenSet tokens = ofPassages(wordsWithin("<s>", "A"), List.of("a"), List.of("a a a", "b", ""), 3, UNLIMITED);

        assertThat(evaluation(tokens)).containsExactly(List.of(1, 3, 3), List.of(1, 4), List.of(1, 3));
    }

    @Test
    void wholeTextsAreFramedOnBothSidesHoweverTheyAreCut() {
        ObjectNode framing = wordsWithin("<s>", "A", "</s>");
        try (Tokenizer words = Tokenizer.read(LocalSource.of(write(folder, framing)), 6)) {
            TokenSet tokens = TokenSet.ofText(
                    words,
                    List.of("a b c a b c", "a"),
                    new EvaluationText("a text", List.of("a b c a", "b")),
                    5,
                    true,
                    budget(UNLIMITED));

            assertThat(lists(tokens.sequences()))
                    .containsExactly(
                            List.of(1, 3, 4, 5, 2),
                            List.of(1, 3, 2),
                            List.of(1, 3, 4, 5, 2),
                            List.of(1, 4, 2),
                            List.of(1, 3, 2));
        }
    }

    @Test
    void textWithoutTokensGivesNoWindows() {
        assertThat(ofText(words(), List.of("a"), " \n ", 10, UNLIMITED).evaluation())
                .isEmpty();
        assertThat(ofText(wordsWithin("<s>", "A"), List.of("a"), "", 10, UNLIMITED)
                        .evaluation())
                .isEmpty();
    }

    @Test
    void windowsAreNeverLongerThan512Tokens() {
        TokenSet tokens = ofText(wordsWithin("<s>", "A"), List.of("a"), "a ".repeat(1200), 100_000, UNLIMITED);

        assertThat(evaluation(tokens)).extracting(List::size).containsExactly(512, 512, 179);
    }

    @Test
    void aBudgetCutsPromptsAndText() {
        try (Tokenizer tokenizer = Tokenizer.read(LocalSource.of(SAMPLE), SAMPLE_VOCABULARY)) {
            TokenSet tokens = TokenSet.ofText(
                    tokenizer,
                    Prompts.builtIn(),
                    EvaluationText.builtInFor(tokenizer),
                    2048,
                    false,
                    new TokenBudget(3, 10, 64, 40));

            assertThat(tokens.calibration()).containsExactly(0, 1, 2);
            assertThat(tokens.sequences().subList(0, 3)).allMatch(ids -> ids.length == 10);
            assertThat(evaluation(tokens)).extracting(List::size).containsExactly(40, 26);
        }
    }

    @Test
    void aBudgetIsSharedByRandomSequences() {
        TokenSet tokens = TokenSet.synthetic(1, 32_000, 2048, TokenBudget.of(40, 32), 0);

        assertThat(tokens.sequences()).hasSize(1).allMatch(ids -> ids.length == 32);
    }

    @Test
    void evaluationSequencesCanBeTakenAlone() {
        TokenSet tokens = ofText(wordsWithin("<s>", "A"), List.of("a", "b c"), "a b c a b", 4, UNLIMITED);

        TokenSet alone = tokens.evaluationAlone();

        assertThat(lists(alone.sequences())).isEqualTo(evaluation(tokens));
        assertThat(alone.evaluation()).containsExactly(0, 1);
    }

    @Test
    void promptLongerThanTheContextIsCutOff() {
        TokenSet tokens = ofText(wordsWithin("<s>", "A", "</s>"), List.of("a b c a b c", "a b", "c"), "a", 4, 99);

        assertThat(lists(tokens.sequences().subList(0, 3)))
                .containsExactly(List.of(1, 3, 4, 5), List.of(1, 3, 4, 2), List.of(1, 5, 2));
    }

    @Test
    void emptyPromptIsItsSpecialTokens() {
        TokenSet tokens = ofText(wordsWithin("<s>", "A"), List.of("", "   "), "a", 4, UNLIMITED);

        assertThat(lists(tokens.sequences().subList(0, 2))).containsExactly(List.of(1), List.of(1));
    }

    /** Leaving it out would shift the numbers of the prompts after it. */
    @ParameterizedTest
    @CsvSource({"''", "'   '"})
    void promptWithoutTokensIsRefused(String prompt) {
        assertThatExceptionOfType(MalformedInputException.class)
                .isThrownBy(() -> ofText(words(), List.of("a", prompt, "b"), "a b", 4, UNLIMITED))
                .withMessage("prompt 1: gives no tokens");
    }

    @Test
    void builtInPromptsAndTextSuitTheSample() {
        try (Tokenizer tokenizer = Tokenizer.read(LocalSource.of(SAMPLE), SAMPLE_VOCABULARY)) {
            List<String> prompts = Prompts.builtIn();
            TokenSet tokens = TokenSet.ofText(
                    tokenizer, prompts, EvaluationText.builtInFor(tokenizer), 128, false, budget(UNLIMITED));

            assertThat(tokens.evaluation().get(0)).isEqualTo(prompts.size());
            assertThat(tokens.sequences()).allMatch(ids -> ids[0] == 0 && ids.length > 1 && ids.length <= 128);
            assertThat(tokens.evaluation()).hasSizeGreaterThan(2);
        }
    }

    @Test
    void givenIdsServeForAll() {
        List<int[]> ids = List.of(
                new int[] {7, 8}, new int[] {9}, IntStream.range(0, 5000).toArray());

        TokenSet tokens = TokenSet.ofIds(ids);

        assertThat(tokens.source()).isEqualTo(TokenSource.TOKEN_IDS);
        assertThat(tokens.sequences()).isEqualTo(ids);
        assertThat(tokens.evaluation()).containsExactly(0, 1, 2);
        assertThat(tokens.tokens()).isEqualTo(5003);
    }

    @ParameterizedTest
    @CsvSource({"5, 97, 64, 64", "0, 2, 128, 128", "96, 97, 4096, 128", "1, 97, 1, 1"})
    void randomIdsLieWithinVocabularyAndContext(int first, int vocabulary, int context, int length) {
        TokenSet tokens = TokenSet.synthetic(first, vocabulary, context, budget(UNLIMITED), 3);

        assertThat(tokens.source()).isEqualTo(TokenSource.SYNTHETIC);
        assertThat(tokens.evaluation()).hasSameSizeAs(tokens.sequences());
        assertThat(lists(tokens.sequences()))
                .isNotEmpty()
                .allSatisfy(ids ->
                        assertThat(ids).hasSize(length).startsWith(first).allMatch(id -> id >= 0 && id < vocabulary));
    }

    @Test
    void sameSeedGivesTheSameIds() {
        List<List<Integer>> first =
                lists(TokenSet.synthetic(1, 32_000, 2048, budget(UNLIMITED), 42).sequences());

        assertThat(lists(TokenSet.synthetic(1, 32_000, 2048, budget(UNLIMITED), 42)
                        .sequences()))
                .isEqualTo(first);
        assertThat(lists(TokenSet.synthetic(1, 32_000, 2048, budget(UNLIMITED), 43)
                        .sequences()))
                .doesNotContainAnyElementsOf(first);
        assertThat(first).doesNotHaveDuplicates();
    }

    /** SHA-256 of 00000002 00000001 00000203 and 00000001 00000007, as any other program computes it. */
    @Test
    void theDigestIsOverLengthsAndIds() {
        assertThat(TokenSet.ofIds(List.of(new int[] {1, 0x203}, new int[] {7})).digest())
                .isEqualTo("38e6aa452d031a2084635f2d065f8d4d5b76966ca76425a2257e29916ea8d127");
    }

    @Test
    void theDigestTellsWhereSequencesEnd() {
        String digest = TokenSet.ofIds(List.of(new int[] {1, 2}, new int[] {3})).digest();

        assertThat(TokenSet.ofIds(List.of(new int[] {1}, new int[] {2, 3})).digest())
                .isNotEqualTo(digest);
        assertThat(TokenSet.ofIds(List.of(new int[] {3}, new int[] {1, 2})).digest())
                .isNotEqualTo(digest);
    }
}
