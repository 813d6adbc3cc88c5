package io.github.swscan.cli.option;

import io.github.swscan.scan.AblationRequest;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How texts go on. */
public final class GenerationOptions {

    private static final int MOST_TOKENS = 1000;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--generate",
            paramLabel = "N",
            description =
                    "Show how a text goes on in each variant, with N tokens, each the most likely one; 0 for none. "
                            + "From 128 on, also the share of tokens that loop. "
                            + "The first --prompt is continued, or else the beginning of the text. Reads the checkpoint once "
                            + "for each token (default: " + AblationRequest.DEFAULT_GENERATED
                            + ", on models of more than 100 million parameters 0).")
    private Optional<Integer> tokens;

    /** Called before anything costly is done. */
    public void check() {
        tokens.filter(count -> count < 0 || count > MOST_TOKENS).ifPresent(count -> {
            throw wrong("--generate must be from 0 to " + MOST_TOKENS + ", not " + count);
        });
    }

    /** How many tokens; {@link AblationRequest#GENERATED_BY_DEFAULT} if not given. */
    public int tokens() {
        return tokens.orElse(AblationRequest.GENERATED_BY_DEFAULT);
    }

    private ParameterException wrong(String message) {
        return new ParameterException(command.commandLine(), message);
    }
}
