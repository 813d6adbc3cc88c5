package io.github.swscan.text;

import io.github.swscan.input.InputException;
import io.github.swscan.input.InputText;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.text.tokenizer.Tokenizer;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a model is to be given to read, as someone asks for it. All that is read comes in here and is checked here: prompts,
 * texts and token ids become a {@link TokenSet} that the model can compute, or are refused.
 *
 * <p>Texts that are empty and numbers that are 0 stand for what is not asked for.
 *
 * @param prompts texts in which activation peaks are looked for; without any here and in the file, built-in ones
 * @param promptsFile the path of a file of more prompts, one a line
 * @param textFile the path of a file with the text on which effects are measured; else a built-in text
 * @param tokenIdsFile the path of a file of token ids, which stand in place of prompts and text
 * @param maximumTokens how many tokens of the text are used at most
 * @param window how many tokens of the text go through the model in one sequence at most
 */
public record TokenRequest(
        List<String> prompts, String promptsFile, String textFile, String tokenIdsFile, int maximumTokens, int window)
        implements Serializable {

    /** What comes with the program, in full. */
    public static final TokenRequest STANDARD = new TokenRequest(List.of(), "", "", "", 0, 0);

    public TokenRequest {
        prompts = List.copyOf(prompts);
    }

    /** The files that are read. */
    public Stream<Path> files() {
        return Stream.of(promptsFile, textFile, tokenIdsFile)
                .filter(file -> !file.isEmpty())
                .map(Path::of);
    }

    /** Whether prompts are given, in place of the built-in ones. */
    public boolean givesPrompts() {
        return !prompts.isEmpty() || !promptsFile.isEmpty();
    }

    /** Whether token ids are given, so that no tokenizer is used. */
    public boolean givesTokenIds() {
        return !tokenIdsFile.isEmpty();
    }

    /** Whether there is nothing to read without a tokenizer. */
    public boolean needsTokenizer() {
        return !givesTokenIds() && (givesPrompts() || !textFile.isEmpty());
    }

    /**
     * All that is asked for. Where it takes a tokenizer and the model has none, random token ids; not where {@link
     * #needsTokenizer}, which the caller refuses.
     *
     * @param tokenizer is open; empty if the model has none, or none is needed
     * @param standard how much is read where it is not said: prompts, text and token ids that are given are used in full
     * @param seed of random token ids
     * @throws InputException if a file cannot be used, or leaves nothing to predict
     */
    public TokenSet tokens(TokenLimits limits, Optional<Tokenizer> tokenizer, TokenBudget standard, long seed) {
        if (givesTokenIds()) {
            TokenIdsFile file = TokenIdsFile.read(Path.of(tokenIdsFile), limits);
            return TokenSet.ofIds(file.sequences(), file.targets());
        }
        TokenBudget budget = budget(standard);
        if (tokenizer.isPresent()) {
            return ofText(limits, tokenizer.get(), budget);
        }
        if (needsTokenizer()) {
            throw new IllegalArgumentException("prompts and text without a tokenizer");
        }
        return TokenSet.synthetic(limits.firstToken(), limits.vocabularySize(), limits.contextLength(), budget, seed);
    }

    private TokenBudget budget(TokenBudget standard) {
        int longest = maximumTokens > 0 ? TokenBudget.DEFAULT_WINDOW : standard.window();
        return new TokenBudget(
                givesPrompts() ? Integer.MAX_VALUE : standard.prompts(),
                givesPrompts() ? Integer.MAX_VALUE : standard.promptTokens(),
                maximumTokens > 0 ? maximumTokens : standard.evaluationTokens(),
                window > 0 ? window : longest);
    }

    private TokenSet ofText(TokenLimits limits, Tokenizer tokenizer, TokenBudget budget) {
        EvaluationText evaluation =
                textFile.isEmpty() ? EvaluationText.builtInFor(tokenizer) : EvaluationText.read(Path.of(textFile));
        List<String> given = new ArrayList<>(prompts);
        if (!promptsFile.isEmpty()) {
            given.addAll(readPrompts(Path.of(promptsFile)));
        }
        TokenSet tokens = TokenSet.ofText(
                tokenizer,
                given.isEmpty() ? Prompts.builtIn() : given,
                evaluation,
                limits.contextLength(),
                limits.bidirectional(),
                budget);
        if (tokens.evaluation().stream().noneMatch(i -> tokens.sequences().get(i).length > 1)) {
            throw new MalformedInputException(
                    textFile.isEmpty() ? tokenizer.file() : Path.of(textFile),
                    "",
                    "gives no token to predict after the first",
                    "");
        }
        return tokens;
    }

    private static List<String> readPrompts(Path file) {
        List<String> prompts = Prompts.parse(InputText.read(file));
        if (prompts.isEmpty()) {
            throw new MalformedInputException(file, "", "holds no prompt", "write one a line");
        }
        return prompts;
    }
}
