package io.github.swscan.scan;

import io.github.swscan.input.WrongRequestException;
import io.github.swscan.text.TokenSet;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * How a text goes on.
 *
 * @param prompt the token ids that are continued
 * @param tokens how many follow, at least one
 */
record GenerationPlan(List<Integer> prompt, int tokens) {

    /** In models of more parameters, each token takes so long that it has to be asked for. */
    private static final long MOST_PARAMETERS_BY_DEFAULT = 100_000_000;

    /** How much of the text is continued where no prompt is given. */
    private static final int PROMPT_TOKENS = 16;

    /**
     * The first prompt is continued, or else the beginning of the text.
     *
     * @return empty if nothing is to be generated, or the model predicts masked tokens
     * @throws WrongRequestException if more tokens are asked for than the model has positions
     */
    static Optional<GenerationPlan> of(AblationRequest request, OpenModel model, TokenSet tokens) {
        if (model.architecture().predictsMasked()) {
            return Optional.empty();
        }
        int[] prompt = prompt(tokens, request.tokens().givesPrompts());
        int longest = model.architecture().embedding().longestSequence().orElse(Integer.MAX_VALUE);
        int room = longest - prompt.length;
        int asked = request.generated();
        if (asked > room) {
            throw new WrongRequestException(
                    "--generate %d: with the prompt's %d these are more tokens than the model's %d positions"
                            .formatted(asked, prompt.length, longest));
        }
        int byDefault = model.size().parameters() > MOST_PARAMETERS_BY_DEFAULT
                ? 0
                : Math.min(AblationRequest.DEFAULT_GENERATED, room);
        int count = asked == AblationRequest.GENERATED_BY_DEFAULT ? byDefault : asked;
        return count < 1
                ? Optional.empty()
                : Optional.of(new GenerationPlan(Arrays.stream(prompt).boxed().toList(), count));
    }

    private static int[] prompt(TokenSet tokens, boolean given) {
        if (given) {
            return tokens.sequences().get(tokens.calibration().get(0));
        }
        int[] text = tokens.sequences().get(tokens.evaluation().get(0));
        return Arrays.copyOf(text, Math.min(PROMPT_TOKENS, text.length));
    }
}
