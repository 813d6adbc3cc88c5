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
 * @param passages the parts that it is made of, which do not go on from one another
 */
public record EvaluationText(String name, List<String> passages) {

    private static final List<String> REGISTERS = List.of(
            "01-encyclopedic",
            "02-news",
            "03-story",
            "04-dialogue",
            "05-instructions",
            "06-documentation",
            "07-python",
            "08-java",
            "09-essay");

    public EvaluationText {
        passages = List.copyOf(passages);
    }

    /**
     * The built-in text that suits a tokenizer best: the one of which a token covers more characters. A tokenizer made
     * from older, biblical or dramatic English says so in this way, and a model of such text can only be judged on it.
     */
    public static EvaluationText builtInFor(Tokenizer tokenizer) {
        EvaluationText present = registers();
        EvaluationText older = dramatic();
        String sample = present.passages().get(0);
        return charactersPerToken(tokenizer, older.passages().get(0)) > charactersPerToken(tokenizer, sample)
                ? older
                : present;
    }

    /** English of today and source code, a passage for each of nine registers. */
    static EvaluationText registers() {
        return new EvaluationText(
                "built-in text \"nine registers\"",
                REGISTERS.stream()
                        .map(register -> BuiltInResource.read(EvaluationText.class, "builtin/" + register + ".txt"))
                        .toList());
    }

    /** Older, dramatic English. */
    static EvaluationText dramatic() {
        return new EvaluationText(
                "built-in text \"dramatic\"", List.of(BuiltInResource.read(EvaluationText.class, "dramatic.txt")));
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
        return new EvaluationText(
                InputText.isStandardInput(file) ? "standard input" : file.toString(), List.of(content));
    }

    private static double charactersPerToken(Tokenizer tokenizer, String text) {
        return (double) text.length() / tokenizer.encodeWithoutSpecialTokens(text).length;
    }
}
