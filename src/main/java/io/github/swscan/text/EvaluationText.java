package io.github.swscan.text;

import java.util.List;

/**
 * A text whose tokens a model is asked to predict.
 *
 * @param name what reports call it
 */
public record EvaluationText(String name, String content) {

    private static final List<String> BUILT_IN = List.of("plain-english", "dramatic");

    /**
     * The built-in text that suits a tokenizer best: the one of which a token covers more characters. A tokenizer made
     * from older, biblical or dramatic English says so in this way, and a model of such text can only be judged on it.
     */
    public static EvaluationText builtInFor(Tokenizer tokenizer) {
        EvaluationText best = builtIn(BUILT_IN.get(0));
        for (String name : BUILT_IN) {
            EvaluationText text = builtIn(name);
            if (text.charactersPerToken(tokenizer) > best.charactersPerToken(tokenizer)) {
                best = text;
            }
        }
        return best;
    }

    static EvaluationText builtIn(String name) {
        return new EvaluationText("built-in text \"" + name + "\"", BuiltInResource.read(name + ".txt"));
    }

    private double charactersPerToken(Tokenizer tokenizer) {
        return (double) content.length() / tokenizer.encodeWithoutSpecialTokens(content).length;
    }
}
