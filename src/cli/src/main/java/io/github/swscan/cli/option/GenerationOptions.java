package io.github.swscan.cli.option;

import io.github.swscan.text.TokenSet;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How texts go on. */
public final class GenerationOptions {

    private static final int DEFAULT_TOKENS = 20;
    private static final int MOST_TOKENS = 1000;

    /** In models of more parameters, each token takes so long that it has to be asked for. */
    private static final long MOST_PARAMETERS_BY_DEFAULT = 100_000_000;

    /** How much of the text is continued where no prompt is given. */
    private static final int PROMPT_TOKENS = 16;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--generate",
            paramLabel = "N",
            description =
                    "Show how a text goes on in each variant, with N tokens, each the most likely one; 0 for none. "
                            + "The first --prompt is continued, or else the beginning of the text. Reads the checkpoint once "
                            + "for each token (default: " + DEFAULT_TOKENS
                            + ", on models of more than 100 million parameters 0).")
    private Optional<Integer> tokens;

    /** Called before anything costly is done. */
    public void check() {
        tokens.filter(count -> count < 0 || count > MOST_TOKENS).ifPresent(count -> {
            throw wrong("--generate must be from 0 to " + MOST_TOKENS + ", not " + count);
        });
    }

    /** How many tokens follow the prompt; none if nothing is to be generated. */
    public OptionalInt tokens(ModelArguments.OpenModel model, int[] prompt) {
        int longest = model.architecture().embedding().longestSequence().orElse(Integer.MAX_VALUE);
        int room = longest - prompt.length;
        if (tokens.isPresent() && tokens.get() > room) {
            throw wrong("--generate %d: with the prompt's %d these are more tokens than the model's %d positions"
                    .formatted(tokens.get(), prompt.length, longest));
        }
        int byDefault = model.size().parameters() > MOST_PARAMETERS_BY_DEFAULT ? 0 : Math.min(DEFAULT_TOKENS, room);
        int count = tokens.orElse(byDefault);
        return count < 1 ? OptionalInt.empty() : OptionalInt.of(count);
    }

    /** What is continued. */
    public static int[] prompt(TokenSet tokens, boolean given) {
        if (given) {
            return tokens.sequences().get(tokens.calibration().get(0));
        }
        int[] text = tokens.sequences().get(tokens.evaluation().get(0));
        return Arrays.copyOf(text, Math.min(PROMPT_TOKENS, text.length));
    }

    private ParameterException wrong(String message) {
        return new ParameterException(command.commandLine(), message);
    }
}
