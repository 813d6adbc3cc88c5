package io.github.swscan.cli.option;

import io.github.swscan.text.task.TaskFile;
import io.github.swscan.text.task.TaskName;
import java.nio.file.InvalidPathException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Tasks on which accuracy is measured. */
public final class TaskOptions {

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
            if (name.isEmpty()) {
                throw wrong("--task: the path is empty");
            }
            TaskName task = new TaskName(name);
            if (!task.isKnown()) {
                throw wrong("--task " + name + ": the built-in tasks are " + TaskName.BUILT_IN_PREFIX
                        + String.join(" and " + TaskName.BUILT_IN_PREFIX, TaskFile.BUILT_IN));
            }
            try {
                task.file();
            } catch (InvalidPathException e) {
                throw wrong("--task: '" + name + "' is not a path: " + e.getReason());
            }
        }
    }

    public List<String> names() {
        return names;
    }

    private ParameterException wrong(String message) {
        return new ParameterException(command.commandLine(), message);
    }
}
