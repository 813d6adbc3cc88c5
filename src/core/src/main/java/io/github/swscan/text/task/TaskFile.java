package io.github.swscan.text.task;

import io.github.swscan.input.BuiltInResource;
import io.github.swscan.input.InputException;
import io.github.swscan.input.JsonLines;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.text.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Tasks written in JSON lines, all lines of one kind: multiple choice, {@code {"question" or "context": text, "choices":
 * [texts], "gold": index}}, or last word, {@code {"text": text}} or {@code {"context": text, "target": text}}.
 */
public final class TaskFile {

    /** The tasks that come with the program. */
    public static final List<String> BUILT_IN = List.of("choices", "last-word");

    /** What stands between a context and what follows it. */
    private static final String DELIMITER = " ";

    private final RequestEncoder encoder;

    private TaskFile(RequestEncoder encoder) {
        this.encoder = encoder;
    }

    /**
     * Reads a task.
     *
     * @param contextLength the longest sequence that the model was made for, in tokens
     * @throws InputException naming the line that is wrong
     */
    public static Task read(Path file, Tokenizer tokenizer, int contextLength) {
        List<JsonLines.Line> lines = JsonLines.read(file);
        if (lines.isEmpty()) {
            throw new MalformedInputException(file, "", "holds no task", "write one JSON object a line");
        }
        return new TaskFile(new RequestEncoder(tokenizer, contextLength)).task(file.toString(), lines);
    }

    /**
     * One of the tasks that come with the program.
     *
     * @param name one of {@link #BUILT_IN}
     * @param reportName what reports call it
     * @throws InputException if it is too long for the model or the tokenizer
     */
    public static Task builtIn(String name, String reportName, Tokenizer tokenizer, int contextLength) {
        List<JsonLines.Line> lines = JsonLines.parse(
                Path.of("built-in task " + name), BuiltInResource.read(TaskFile.class, name + JsonLines.SUFFIX));
        return new TaskFile(new RequestEncoder(tokenizer, contextLength)).task(reportName, lines);
    }

    private Task task(String name, List<JsonLines.Line> lines) {
        JsonLines.Line first = lines.get(0);
        if (first.has("choices")) {
            return new MultipleChoice(name, lines.stream().map(this::question).toList());
        }
        if (first.has("text") || first.has("target")) {
            return new LastWord(name, lines.stream().map(this::lastWord).toList());
        }
        throw first.malformed(
                "has neither a field \"choices\" (multiple choice) nor \"text\" or \"target\" (last word)");
    }

    private MultipleChoice.Question question(JsonLines.Line line) {
        if (line.has("question") && line.has("context")) {
            throw line.malformed("has both a field \"question\" and a field \"context\"");
        }
        List<String> texts = line.texts("choices");
        if (texts.size() < 2) {
            throw line.malformed("has a field \"choices\" with fewer than two texts");
        }
        int gold = line.index("gold", texts.size());
        String context = line.text(line.has("question") ? "question" : "context");
        List<MultipleChoice.Choice> choices = new ArrayList<>();
        for (String text : texts) {
            Request request = request(line, "choice " + choices.size(), context, DELIMITER + text);
            choices.add(new MultipleChoice.Choice(request, text.codePointCount(0, text.length())));
        }
        return new MultipleChoice.Question(choices, gold);
    }

    private Request lastWord(JsonLines.Line line) {
        if (line.has("target")) {
            String target = line.text("target");
            boolean delimited = !target.isEmpty() && Character.isWhitespace(target.charAt(0));
            return request(line, "target", line.text("context"), delimited ? target : DELIMITER + target);
        }
        String text = line.text("text");
        int end = Math.max(0, text.lastIndexOf(DELIMITER));
        return request(line, "last word", text.substring(0, end), text.substring(end));
    }

    /** @param what the line calls the continuation */
    private Request request(JsonLines.Line line, String what, String context, String continuation) {
        if (context.isBlank()) {
            throw line.malformed("has no text before the " + what);
        }
        if (continuation.isBlank()) {
            throw line.malformed("has an empty " + what);
        }
        try {
            return encoder.encode(context, continuation);
        } catch (IllegalArgumentException e) {
            throw line.malformed("the " + what + " " + e.getMessage());
        }
    }
}
