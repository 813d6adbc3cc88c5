package io.github.swscan.text;

import io.github.swscan.input.InputException;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.text.tokenizer.Tokenizer;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
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
        sequences.addAll(windows(tokenizer, text, Math.min(contextLength, budget.window()), budget.evaluationTokens()));
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
        int tokens = Math.min(
                Math.min(SYNTHETIC_TOKENS, contextLength), Math.min(budget.window(), budget.evaluationTokens()));
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

    /**
     * SHA-256 over the token ids of all sequences, each as four bytes, the highest first, each sequence preceded by its
     * length in the same form.
     */
    public String digest() {
        ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES * (tokens() + sequences.size()));
        sequences.forEach(ids -> {
            bytes.putInt(ids.length);
            Arrays.stream(ids).forEach(bytes::putInt);
        });
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.array()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** The number of tokens of all sequences together. */
    public int tokens() {
        return sequences.stream().mapToInt(ids -> ids.length).sum();
    }

    /**
     * The windows of a text: of each passage the first, then of each the second, and so on, until there are enough tokens.
     * Without windows, at a passage's end or in a tiny context, in which there is nothing to predict.
     */
    private static List<int[]> windows(Tokenizer tokenizer, EvaluationText text, int longest, int maximumTokens) {
        int[] leading = tokenizer.leadingSpecialTokens();
        int step = longest - leading.length;
        List<int[]> windows = new ArrayList<>();
        if (step <= 0) {
            return windows;
        }
        List<int[]> passages = text.passages().stream()
                .map(tokenizer::encodeWithoutSpecialTokens)
                .toList();
        int most = passages.stream().mapToInt(ids -> ids.length).max().orElse(0);
        int left = maximumTokens;
        for (int from = 0; from < most; from += step) {
            for (int[] ids : passages) {
                int end = Math.min(ids.length, from + Math.min(step, left));
                if (from < end && leading.length + end - from > 1) {
                    windows.add(IntStream.concat(Arrays.stream(leading), Arrays.stream(ids, from, end))
                            .toArray());
                    left -= end - from;
                }
            }
        }
        return windows;
    }
}
