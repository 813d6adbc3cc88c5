package io.github.swscan.input;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import java.util.regex.Pattern;

/** What is wrong with a text that should be JSON, without the parser's advice to those who program with it. */
public final class JsonProblem {

    private static final Pattern ADVICE =
            Pattern.compile("(:? enable `[^`]*` to allow)|(,? \\(?from `[^`]*`\\)?)|( \\(for [^()]*\\))");

    private static final Pattern PLACE = Pattern.compile("\\[Source: [^\\]]*line: (\\d+), column: (\\d+)]");

    private JsonProblem() {}

    /** What would help; empty where nothing is known to. */
    public static String remedy(JsonProcessingException failure) {
        return failure instanceof JsonEOFException ? "download the file again" : "";
    }

    public static String of(JsonProcessingException failure) {
        if (failure instanceof JsonEOFException) {
            return "it ends too early";
        }
        String message = failure.getOriginalMessage();
        String placed = PLACE.matcher(message).replaceAll("line $1, column $2");
        String problem = ADVICE.matcher(placed).replaceAll("");
        return problem.chars().filter(c -> c == '(').count()
                        > problem.chars().filter(c -> c == ')').count()
                ? problem + ")"
                : problem;
    }
}
