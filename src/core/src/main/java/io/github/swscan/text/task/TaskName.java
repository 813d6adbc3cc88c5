package io.github.swscan.text.task;

import io.github.swscan.input.InputException;
import io.github.swscan.text.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.Optional;

/** What a task is called: {@code builtin:} and the name of one that comes with the program, or the path of its file. */
public record TaskName(String name) {

    public static final String BUILT_IN_PREFIX = "builtin:";

    public boolean isBuiltIn() {
        return name.startsWith(BUILT_IN_PREFIX);
    }

    /** Whether it is not the name of a built-in task that there is none of. */
    public boolean isKnown() {
        return !isBuiltIn() || TaskFile.BUILT_IN.contains(builtIn());
    }

    /** The file that is read, if it is not built in. */
    public Optional<Path> file() {
        return isBuiltIn() ? Optional.empty() : Optional.of(Path.of(name));
    }

    /**
     * Reads the task.
     *
     * @param contextLength the longest sequence that the model was made for, in tokens
     * @throws InputException naming the line that is wrong
     */
    public Task read(Tokenizer tokenizer, int contextLength) {
        return isBuiltIn()
                ? TaskFile.builtIn(builtIn(), name, tokenizer, contextLength)
                : TaskFile.read(Path.of(name), tokenizer, contextLength);
    }

    private String builtIn() {
        return name.substring(BUILT_IN_PREFIX.length());
    }
}
