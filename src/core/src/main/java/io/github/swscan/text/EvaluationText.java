package io.github.swscan.text;

import io.github.swscan.input.BuiltInResource;
import io.github.swscan.input.InputException;
import io.github.swscan.input.InputText;
import io.github.swscan.input.JsonLines;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.text.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

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

    /**
     * The text in a file: plain text, or, in a file named .jsonl, one JSON object a line whose field {@code text} holds a
     * part of it.
     *
     * @throws InputException if the file cannot be read, holds no text, or a line is not such an object
     */
    public static EvaluationText read(Path file) {
        String name = file.getFileName().toString();
        String content = name.endsWith(JsonLines.SUFFIX)
                ? JsonLines.read(file).stream().map(line -> line.text("text")).collect(Collectors.joining("\n\n"))
                : InputText.read(file);
        if (content.isBlank()) {
            throw new MalformedInputException(file, "", "holds no text", "");
        }
        return new EvaluationText(file.toString(), content);
    }

    static EvaluationText builtIn(String name) {
        return new EvaluationText(
                "built-in text \"" + name + "\"", BuiltInResource.read(EvaluationText.class, name + ".txt"));
    }

    private double charactersPerToken(Tokenizer tokenizer) {
        return (double) content.length() / tokenizer.encodeWithoutSpecialTokens(content).length;
    }
}
