package io.github.swscan.cli.option;

import io.github.swscan.architecture.Architecture;
import io.github.swscan.input.InputText;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.text.EvaluationText;
import io.github.swscan.text.Prompts;
import io.github.swscan.text.TokenBudget;
import io.github.swscan.text.TokenIdsFile;
import io.github.swscan.text.TokenSet;
import io.github.swscan.text.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What the model is given to read. */
public final class TokenOptions {

    /** How many parameters times tokens computing takes about a second for, on a small machine. */
    private static final long READ_AT_ONCE = 100_000_000_000L;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--prompt",
            paramLabel = "TEXT",
            converter = PromptConverter.class,
            description =
                    "A text in which activation peaks are looked for. Can be given several times (default: built-in "
                            + "prompts).")
    private List<String> prompts = new ArrayList<>();

    @Option(
            names = "--prompts",
            paramLabel = "FILE",
            description = "A file of prompts, one a line. Lines that are empty or begin with # are left out.")
    private Optional<Path> promptsFile;

    @Option(
            names = "--text",
            paramLabel = "FILE",
            description = "A file with the text on which effects are measured: plain text, or JSON lines with a text "
                    + "field, named .jsonl (default: a built-in text).")
    private Optional<Path> text;

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            description = "How many tokens of the text are used at most (default: "
                    + TokenBudget.DEFAULT_EVALUATION_TOKENS + "; detect takes fewer of a large model, see --thorough).")
    private Optional<Integer> maximumTokens;

    @Option(
            names = "--context",
            paramLabel = "N",
            description = "How many tokens of the text go through the model in one sequence at most (default: "
                    + TokenBudget.DEFAULT_WINDOW + ").")
    private Optional<Integer> window;

    @Option(
            names = "--token-ids",
            paramLabel = "FILE",
            description =
                    "A JSON file with an array of arrays of token ids, used as they are in place of prompts and text. "
                            + "Needs no tokenizer.")
    private Optional<Path> tokenIds;

    /** Called before anything costly is done. */
    public void check() {
        if (tokenIds.isPresent() && (!prompts.isEmpty() || promptsFile.isPresent() || text.isPresent())) {
            throw new ParameterException(
                    command.commandLine(), "--token-ids stands in place of --prompt, --prompts and --text");
        }
        if (prompts.stream().anyMatch(String::isEmpty)) {
            throw new ParameterException(command.commandLine(), "--prompt must not be empty");
        }
        requireTwo("--max-tokens", maximumTokens);
        requireTwo("--context", window);
    }

    private void requireTwo(String option, Optional<Integer> tokens) {
        tokens.filter(count -> count < 2).ifPresent(count -> {
            throw new ParameterException(command.commandLine(), option + " must be at least 2, not " + count);
        });
    }

    /** Whether prompts were given, in place of the built-in ones. */
    public boolean givesPrompts() {
        return !prompts.isEmpty() || promptsFile.isPresent();
    }

    /** The files that are read. */
    public Stream<Path> files() {
        return Stream.of(promptsFile, text, tokenIds).flatMap(Optional::stream);
    }

    /**
     * What a detection reads, and after it what it reads where that leaves verdicts unclear. Where the user said what to
     * read, or computing takes no time anyway, all of it is read at once.
     */
    public List<TokenSet> stages(ModelArguments.OpenModel model, boolean thorough, long seed) {
        Optional<Tokenizer> tokenizer = tokenIds.isPresent() ? Optional.empty() : model.tokenizer();
        try {
            TokenSet all = tokens(model, tokenizer, seed);
            boolean asked = thorough
                    || tokenIds.isPresent()
                    || givesPrompts()
                    || Stream.of(text, maximumTokens, window).anyMatch(Optional::isPresent);
            return asked || model.size().parameters() <= READ_AT_ONCE / all.tokens()
                    ? List.of(all)
                    : List.of(
                            tokens(model, tokenizer, TokenBudget.QUICK, seed),
                            tokens(model, tokenizer, TokenBudget.CLOSER, seed));
        } finally {
            tokenizer.ifPresent(Tokenizer::close);
        }
    }

    /**
     * All that the model is to read.
     *
     * @param tokenizer is open; empty if the model has none
     */
    public TokenSet tokens(ModelArguments.OpenModel model, Optional<Tokenizer> tokenizer, long seed) {
        TokenBudget budget = TokenBudget.of(
                maximumTokens.orElse(TokenBudget.DEFAULT_EVALUATION_TOKENS), window.orElse(TokenBudget.DEFAULT_WINDOW));
        return tokens(model, tokenizer, budget, seed);
    }

    private TokenSet tokens(
            ModelArguments.OpenModel model, Optional<Tokenizer> tokenizer, TokenBudget budget, long seed) {
        Architecture architecture = model.architecture();
        if (tokenIds.isPresent()) {
            return ofIds(model.watched(tokenIds.get()), architecture);
        }
        if (tokenizer.isPresent()) {
            return ofText(tokenizer.get(), model, budget);
        }
        if (!prompts.isEmpty() || promptsFile.isPresent() || text.isPresent()) {
            throw model.noTokenizer(
                    "prompts and text cannot be read", "put it beside the weights, or give --token-ids FILE");
        }
        return TokenSet.synthetic(
                model.config().firstToken(architecture.vocabularySize()),
                architecture.vocabularySize(),
                architecture.contextLength(),
                budget,
                seed);
    }

    private static TokenSet ofIds(Path file, Architecture architecture) {
        List<int[]> sequences = TokenIdsFile.read(file, architecture.vocabularySize());
        if (sequences.stream().noneMatch(ids -> ids.length > 1)) {
            throw new MalformedInputException(file, "", "has no sequence of two tokens or more to predict", "");
        }
        for (int i = 0; i < sequences.size(); i++) {
            int tokens = sequences.get(i).length;
            int longest = architecture.embedding().longestSequence().orElse(Integer.MAX_VALUE);
            if (tokens > longest) {
                throw new MalformedInputException(
                        file,
                        "sequence " + i,
                        "has " + tokens + " tokens, but the model has only " + longest + " positions",
                        "");
            }
        }
        return TokenSet.ofIds(sequences);
    }

    private TokenSet ofText(Tokenizer tokenizer, ModelArguments.OpenModel model, TokenBudget budget) {
        EvaluationText evaluation = text.map(model::watched)
                .map(EvaluationText::read)
                .orElseGet(() -> EvaluationText.builtInFor(tokenizer));
        List<String> given = new ArrayList<>(prompts);
        promptsFile.map(model::watched).ifPresent(file -> given.addAll(readPrompts(file)));
        TokenSet tokens = TokenSet.ofText(
                tokenizer,
                given.isEmpty() ? Prompts.builtIn() : given,
                evaluation,
                model.architecture().contextLength(),
                budget);
        if (tokens.evaluation().stream().noneMatch(i -> tokens.sequences().get(i).length > 1)) {
            throw new MalformedInputException(
                    text.orElseGet(tokenizer::file), "", "gives no token to predict after the first", "");
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
