package io.github.swscan.architecture;

import io.github.swscan.input.InputException;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.PrintableText;
import io.github.swscan.input.UnsupportedInputException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** Why a checkpoint has no tensor of a name, as far as the names that it has tell. */
final class MissingTensor {

    private static final String WEIGHT = ".weight";

    /**
     * What a program that wraps layers makes of a weight's name.
     *
     * @param ending in place of {@code .weight}
     */
    private record Wrapped(String ending, String what, String remedy) {}

    private static final List<Wrapped> WRAPPED = List.of(
            new Wrapped(
                    ".base_layer.weight",
                    "is still in the layer that an adapter of peft wraps",
                    "merge it with merge_and_unload of peft, and scan what save_pretrained writes"),
            new Wrapped(
                    ".weight_orig",
                    "is still in two parts, as torch.nn.utils.prune keeps what it prunes",
                    "call torch.nn.utils.prune.remove for each module, and save the model again"));

    private MissingTensor() {}

    /**
     * What to tell of it.
     *
     * @param location where the checkpoint lies
     * @param config what describes the model
     * @param stored the names of all tensors in it
     */
    static InputException of(String name, Set<String> stored, Architecture architecture, Path location, Path config) {
        for (Wrapped wrapped : WRAPPED) {
            if (name.endsWith(WEIGHT)
                    && stored.contains(name.substring(0, name.length() - WEIGHT.length()) + wrapped.ending())) {
                return new UnsupportedInputException(location, name, wrapped.what(), wrapped.remedy());
            }
        }
        String missing = "the tensor is missing, though " + config.getFileName() + " describes a "
                + architecture.family() + " model of " + architecture.layers() + " layers";
        List<String> prefixes = stored.stream()
                .filter(other -> other.endsWith("." + name))
                .map(other -> other.substring(0, other.length() - name.length()))
                .sorted()
                .toList();
        return prefixes.size() < 2
                ? new MalformedInputException(location, name, missing, "")
                : new UnsupportedInputException(
                        location,
                        name,
                        "there are several models in the file, whose names begin with "
                                + PrintableText.quoted(prefixes),
                        "save one of them alone");
    }
}
