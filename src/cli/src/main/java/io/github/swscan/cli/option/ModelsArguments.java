package io.github.swscan.cli.option;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Which models. */
public final class ModelsArguments {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Parameters(
            arity = "1..*",
            paramLabel = "MODEL",
            description =
                    "A folder in Hugging Face layout, a model's folder in the Hugging Face cache, a safetensors, PyTorch or "
                            + "GGUF file, or the index of its shards. Several models give a report each, and a summary.")
    private List<Path> models;

    /** Called before anything costly is done. */
    public void check() {
        Set<Path> places = new HashSet<>();
        for (Path model : models) {
            if (!places.add(model.toAbsolutePath().normalize())) {
                throw new ParameterException(command.commandLine(), "the model " + model + " is named twice");
            }
        }
    }

    /** At least one. */
    public List<Path> models() {
        return models;
    }
}
