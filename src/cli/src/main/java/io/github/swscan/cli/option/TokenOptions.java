package io.github.swscan.cli.option;

import io.github.swscan.input.InputText;
import io.github.swscan.text.TokenBudget;
import io.github.swscan.text.TokenRequest;
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
                    + "field, named .jsonl; - for standard input (default: a built-in text).")
    private Optional<Path> text;

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            description = "How many tokens of the text are used at most (default: "
                    + TokenBudget.DEFAULT_EVALUATION_TOKENS + ", of a large model fewer).")
    private Optional<Integer> maximumTokens;

    @Option(
            names = "--context",
            paramLabel = "N",
            description = "How many tokens of the text go through the model in one sequence at most (default: by "
                    + "the model's size, " + TokenBudget.DEFAULT_WINDOW + " at most).")
    private Optional<Integer> window;

    @Option(
            names = "--token-ids",
            paramLabel = "FILE",
            description =
                    "A JSON file with an array of arrays of token ids, used as they are in place of prompts and text, or "
                            + "with such arrays as input_ids and labels, -100 for tokens that are not predicted. Needs "
                            + "no tokenizer.")
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

    /** Called where several models are to be given the same. */
    public void checkForSeveral() {
        if (Stream.of(promptsFile, text, tokenIds).flatMap(Optional::stream).anyMatch(InputText::isStandardInput)) {
            throw new ParameterException(
                    command.commandLine(), "standard input can be read for one model only; name a file");
        }
    }

    private void requireTwo(String option, Optional<Integer> tokens) {
        tokens.filter(count -> count < 2).ifPresent(count -> {
            throw new ParameterException(command.commandLine(), option + " must be at least 2, not " + count);
        });
    }

    public TokenRequest request() {
        return new TokenRequest(
                prompts, name(promptsFile), name(text), name(tokenIds), maximumTokens.orElse(0), window.orElse(0));
    }

    private static String name(Optional<Path> file) {
        return file.map(Path::toString).orElse("");
    }
}
