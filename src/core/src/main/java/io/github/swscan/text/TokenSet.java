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
import java.util.stream.Stream;

/**
 * The token sequences of a run, and what each serves for.
 *
 * @param sequences the token ids
 * @param targets for each token of each sequence the one that is to be predicted there, or {@link #NOTHING}; an empty list
 *     stands for the tokens that come next
 * @param calibration indexes of the sequences in which activation peaks are looked for
 * @param evaluation indexes of the sequences on which effects are measured
 * @param evaluationText the name of the text behind the evaluation sequences, or what stands in for it
 */
public record TokenSet(
        TokenSource source,
        List<int[]> sequences,
        List<int[]> targets,
        List<Integer> calibration,
        List<Integer> evaluation,
        String evaluationText) {

    /** In place of a token where nothing is to be predicted. */
    public static final int NOTHING = -1;

    private static final int SYNTHETIC_SEQUENCES = 4;
    private static final int SYNTHETIC_TOKENS = 128;

    public TokenSet {
        sequences = List.copyOf(sequences);
        targets = List.copyOf(targets);
        calibration = List.copyOf(calibration);
        evaluation = List.copyOf(evaluation);
    }

    /** Sequences in which each token but the last predicts the next. */
    public TokenSet(
            TokenSource source,
            List<int[]> sequences,
            List<Integer> calibration,
            List<Integer> evaluation,
            String evaluationText) {
        this(source, sequences, List.of(), calibration, evaluation, evaluationText);
    }

    /**
     * Prompts for the peaks, windows of a text for the effects. A window begins with the special tokens that the
     * tokenizer puts before every text, and ends with those that it puts after it where it is to be whole.
     *
     * @param prompts those beyond the budget are left out; cut off where they are longer than the context or the budget
     * @param contextLength the longest sequence that the model was made for, in tokens
     * @param whole whether each sequence is a text for itself, to whose end the model sees
     * @throws InputException if a prompt gives no tokens
     */
    public static TokenSet ofText(
            Tokenizer tokenizer,
            List<String> prompts,
            EvaluationText text,
            int contextLength,
            boolean whole,
            TokenBudget budget) {
        Frame frame = Frame.of(tokenizer, whole);
        List<int[]> sequences = new ArrayList<>();
        for (String prompt : prompts.subList(0, Math.min(prompts.size(), budget.prompts()))) {
            int[] ids = tokenizer.encode(prompt);
            if (ids.length == 0) {
                throw new MalformedInputException(Path.of(""), "prompt " + sequences.size(), "gives no tokens", "");
            }
            sequences.add(frame.shortened(ids, Math.min(contextLength, budget.promptTokens())));
        }
        int calibration = sequences.size();
        sequences.addAll(
                windows(tokenizer, frame, text, Math.min(contextLength, budget.window()), budget.evaluationTokens()));
        return new TokenSet(
                TokenSource.PROMPTS,
                sequences,
                IntStream.range(0, calibration).boxed().toList(),
                IntStream.range(calibration, sequences.size()).boxed().toList(),
                text.name());
    }

    /** Token ids as they are, for peaks and effects alike. */
    public static TokenSet ofIds(List<int[]> ids) {
        return ofIds(ids, List.of());
    }

    /** The same, with what is to be predicted as in {@link #targets}. */
    public static TokenSet ofIds(List<int[]> ids, List<int[]> targets) {
        List<Integer> all = IntStream.range(0, ids.size()).boxed().toList();
        return new TokenSet(TokenSource.TOKEN_IDS, ids, targets, all, all, "the given token ids");
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
        return onlyEvaluated(evaluation);
    }

    /** Some of the sequences on which effects are measured. */
    private TokenSet onlyEvaluated(List<Integer> wanted) {
        List<int[]> alone = wanted.stream().map(sequences::get).toList();
        return new TokenSet(
                source,
                alone,
                targets.isEmpty()
                        ? List.of()
                        : wanted.stream().map(targets::get).toList(),
                List.of(),
                IntStream.range(0, alone.size()).boxed().toList(),
                evaluationText);
    }

    /** The evaluation sequences in which something is to be predicted, alone. */
    public TokenSet predicted() {
        return onlyEvaluated(evaluation.stream().filter(i -> predictions(i) > 0).toList());
    }

    /** The first place of a sequence at which a token is to be predicted; 0 where there is none. */
    public int firstPrediction(int sequence) {
        return targets.isEmpty()
                ? 0
                : IntStream.range(0, targets.get(sequence).length)
                        .filter(place -> targets.get(sequence)[place] != NOTHING)
                        .findFirst()
                        .orElse(0);
    }

    /** How many tokens of a sequence are to be predicted. */
    public int predictions(int sequence) {
        return targets.isEmpty()
                ? sequences.get(sequence).length - 1
                : (int) Arrays.stream(targets.get(sequence))
                        .filter(target -> target != NOTHING)
                        .count();
    }

    /**
     * SHA-256 over the token ids of all sequences, each as four bytes, the highest first, each sequence preceded by its
     * length in the same form; and then over the {@link #targets} likewise, where others are predicted than come next.
     */
    public String digest() {
        int numbers = tokens() + sequences.size();
        ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES * (targets.isEmpty() ? numbers : 2 * numbers));
        Stream.concat(sequences.stream(), targets.stream()).forEach(ids -> {
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
    private static List<int[]> windows(
            Tokenizer tokenizer, Frame frame, EvaluationText text, int longest, int maximumTokens) {
        int step = longest - frame.tokens();
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
                if (from < end && frame.tokens() + end - from > 1) {
                    windows.add(frame.around(Arrays.copyOfRange(ids, from, end)));
                    left -= end - from;
                }
            }
        }
        return windows;
    }
}
