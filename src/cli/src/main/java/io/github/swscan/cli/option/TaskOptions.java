package io.github.swscan.cli.option;

import io.github.swscan.text.task.Task;
import io.github.swscan.text.task.TaskFile;
import io.github.swscan.text.tokenizer.Tokenizer;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Tasks on which accuracy is measured. */
public final class TaskOptions {

    private static final String BUILT_IN_PREFIX = "builtin:";

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--task",
            paramLabel = "FILE",
            description =
                    "A task on which accuracy is measured as well: builtin:choices, builtin:last-word, or a file of "
                            + "JSON lines, either of multiple choice (fields question or context, choices, gold) or of last "
                            + "words (field text, or context and target). Can be given several times (default: none).")
    private List<String> names = new ArrayList<>();

    /** Called before anything costly is done. */
    public void check() {
        for (String name : names) {
            if (isBuiltIn(name)) {
                if (!TaskFile.BUILT_IN.contains(builtIn(name))) {
                    throw wrong("--task " + name + ": the built-in tasks are " + BUILT_IN_PREFIX
                            + String.join(" and " + BUILT_IN_PREFIX, TaskFile.BUILT_IN));
                }
            } else {
                path(name);
            }
        }
    }

    /** The files that are read. */
    public Stream<Path> files() {
        return names.stream().filter(name -> !isBuiltIn(name)).map(this::path);
    }

    /** The tasks, each one once. */
    public List<Task> read(ModelArguments.OpenModel model, Optional<Tokenizer> tokenizer) {
        return names.stream()
                .distinct()
                .map(name -> read(
                        name,
                        model,
                        tokenizer.orElseThrow(() -> model.noTokenizer(
                                "tasks cannot be read", "put it beside the weights, or leave out --task"))))
                .toList();
    }

    private Task read(String name, ModelArguments.OpenModel model, Tokenizer tokenizer) {
        int contextLength = model.architecture().contextLength();
        return isBuiltIn(name)
                ? TaskFile.builtIn(builtIn(name), name, tokenizer, contextLength)
                : TaskFile.read(model.watched(path(name)), tokenizer, contextLength);
    }

    private static boolean isBuiltIn(String name) {
        return name.startsWith(BUILT_IN_PREFIX);
    }

    private static String builtIn(String name) {
        return name.substring(BUILT_IN_PREFIX.length());
    }

    private Path path(String name) {
        if (name.isEmpty()) {
            throw wrong("--task: the path is empty");
        }
        try {
            return Path.of(name);
        } catch (InvalidPathException e) {
            throw wrong("--task: '" + name + "' is not a path: " + e.getReason());
        }
    }

    private ParameterException wrong(String message) {
        return new ParameterException(command.commandLine(), message);
    }
}
