package io.github.swscan.cli.option;

import io.github.swscan.scan.OpenModel;
import java.nio.file.Path;
import java.util.function.Function;
import picocli.CommandLine;

/** Which model. */
public final class ModelArguments {

    @CommandLine.Parameters(
            paramLabel = "MODEL",
            description =
                    "A folder in Hugging Face layout, a model's folder in the Hugging Face cache, a safetensors, PyTorch or "
                            + "GGUF file, or the index of its shards.")
    private Path model;

    @CommandLine.Mixin
    private ConfigOption configOption;

    /** See {@link OpenModel#read}. */
    public <T> T read(Function<OpenModel, T> work) {
        return OpenModel.read(model.toString(), configOption.file(), work);
    }
}
