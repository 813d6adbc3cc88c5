package io.github.swscan.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * An input that is no model, and what is said of it.
 *
 * @param name what is wrong
 * @param complaint parts of the message: what names the file, and what is wrong
 * @param making makes it
 * @param arguments what the program is given; {@code {}} stands for the folder of the model
 */
record HostileInput(String name, List<String> complaint, Making making, List<String> arguments) {

    /** Fills the folder of a model, which is there and empty. */
    @FunctionalInterface
    interface Making {
        void in(Path model) throws IOException;
    }

    /** A folder that is given to the program, and the file in it that is wrong. */
    static HostileInput of(String name, String file, String complaint, Making making) {
        return new HostileInput(name, List.of(file + ": ", complaint), making, List.of("{}"));
    }

    static void config(Path model) throws IOException {
        Files.copy(Models.reference("llama").resolve("config.json"), model.resolve("config.json"));
    }

    /** The arguments for a folder. */
    List<String> argumentsFor(Path model) {
        return arguments.stream()
                .map(argument -> argument.replace("{}", model.toString()))
                .toList();
    }
}
