package io.github.swscan.text;

import io.github.swscan.input.InputException;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.text.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * The token sequences of a run, and what each serves for.
 *
 * @param sequences the token ids
 * @param calibration indexes of the sequences in which activation peaks are looked for
 * @param evaluation indexes of the sequences on which effects are measured
 * @param evaluationText the name of the text behind the evaluation sequences, or what stands in for it
 */
public record TokenSet(
        TokenSource source,
        List<int[]> sequences,
        List<Integer> calibration,
        List<Integer> evaluation,
        String evaluationText) {

    private static final int SYNTHETIC_SEQUENCES = 4;
    private static final int SYNTHETIC_TOKENS = 128;

    public TokenSet {
        sequences = List.copyOf(sequences);
        calibration = List.copyOf(calibration);
        evaluation = List.copyOf(evaluation);
    }

    /**
     * Prompts for the peaks, windows of a text for the effects. A window begins with the special tokens that the
     * tokenizer puts before every text.
     *
     * @param prompts those beyond the budget are left out; cut off where they are longer than the context or the budget
     * @param contextLength the longest sequence that the model was made for, in tokens
     * @throws InputException if a prompt gives no tokens
     */
    public static TokenSet ofText(
            Tokenizer tokenizer, List<String> prompts, EvaluationText text, int contextLength, TokenBudget budget) {
        List<int[]> sequences = new ArrayList<>();
        for (String prompt : prompts.subList(0, Math.min(prompts.size(), budget.prompts()))) {
            int[] ids = tokenizer.encode(prompt);
            if (ids.length == 0) {
                throw new MalformedInputException(Path.of(""), "prompt " + sequences.size(), "gives no tokens", "");
            }
            sequences.add(Arrays.copyOf(ids, Math.min(ids.length, Math.min(contextLength, budget.promptTokens()))));
        }
        int calibration = sequences.size();
        sequences.addAll(windows(
                tokenizer, text.content(), Math.min(contextLength, budget.window()), budget.evaluationTokens()));
        return new TokenSet(
                TokenSource.PROMPTS,
                sequences,
                IntStream.range(0, calibration).boxed().toList(),
                IntStream.range(calibration, sequences.size()).boxed().toList(),
                text.name());
    }

    /** Token ids as they are, for peaks and effects alike. */
    public static TokenSet ofIds(List<int[]> ids) {
        List<Integer> all = IntStream.range(0, ids.size()).boxed().toList();
        return new TokenSet(TokenSource.TOKEN_IDS, ids, all, all, "the given token ids");
    }

    /**
     * Sequences of random ids behind the model's first token, for peaks and effects alike.
     *
     * @param firstToken what each sequence begins with
     * @param contextLength the longest sequence that the model was made for, in tokens
     */
    public static TokenSet synthetic(
            int firstToken, int vocabularySize, int contextLength, TokenBudget budget, long seed) {
        Random random = new Random(seed);
        int tokens = Math.min(Math.min(SYNTHETIC_TOKENS, contextLength), budget.evaluationTokens());
        int sequences = Math.max(1, Math.min(SYNTHETIC_SEQUENCES, budget.evaluationTokens() / tokens));
        List<int[]> ids = IntStream.range(0, sequences)
                .mapToObj(sequence -> IntStream.concat(
                                IntStream.of(firstToken),
                                IntStream.range(1, tokens).map(position -> random.nextInt(vocabularySize)))
                        .toArray())
                .toList();
        List<Integer> all = IntStream.range(0, ids.size()).boxed().toList();
        return new TokenSet(TokenSource.SYNTHETIC, ids, all, all, "random token ids");
    }

    /** The sequences on which effects are measured, alone. */
    public TokenSet evaluationAlone() {
        List<int[]> alone = evaluation.stream().map(sequences::get).toList();
        return new TokenSet(
                source,
                alone,
                List.of(),
                IntStream.range(0, alone.size()).boxed().toList(),
                evaluationText);
    }

    /** The number of tokens of all sequences together. */
    public int tokens() {
        return sequences.stream().mapToInt(ids -> ids.length).sum();
    }

    /** Without windows, at the text's end or in a tiny context, in which there is nothing to predict. */
    private static List<int[]> windows(Tokenizer tokenizer, String text, int longest, int maximumTokens) {
        int[] leading = tokenizer.leadingSpecialTokens();
        int[] all = tokenizer.encodeWithoutSpecialTokens(text);
        int[] ids = Arrays.copyOf(all, Math.min(all.length, maximumTokens));
        int step = longest - leading.length;
        List<int[]> windows = new ArrayList<>();
        for (int from = 0; step > 0 && from < ids.length; from += step) {
            int[] part = Arrays.copyOfRange(ids, from, Math.min(ids.length, from + step));
            int[] window = IntStream.concat(Arrays.stream(leading), Arrays.stream(part))
                    .toArray();
            if (window.length > 1) {
                windows.add(window);
            }
        }
        return windows;
    }
}
