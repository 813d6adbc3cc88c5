package io.github.swscan.cli.option;

import io.github.swscan.input.PrintableText;
import io.github.swscan.scan.OpenModel;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
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
                    "A folder in Hugging Face layout, ORG/NAME of a model in the Hugging Face cache of this machine, a "
                            + "safetensors, PyTorch or GGUF file, or the index of its shards. Several may be named.")
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

    /** Whether there are several, skipped ones included. */
    public boolean areSeveral() {
        return models.size() > 1;
    }

    /** At least one: all that may be models, or if none may, all. */
    public List<Path> models() {
        List<Path> possible = models.stream().filter(OpenModel::mayBeModel).toList();
        return possible.isEmpty() ? models : possible;
    }

    /** Which files were named along with models, by a pattern for instance, in one line; empty if there are none. */
    public Optional<String> skipped() {
        List<Path> used = models();
        List<Path> skipped =
                models.stream().filter(path -> !used.contains(path)).toList();
        return skipped.isEmpty()
                ? Optional.empty()
                : Optional.of("note: skipped, for no model is in such a file: " + PrintableText.names(skipped));
    }
}
