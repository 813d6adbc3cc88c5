package io.github.swscan.checkpoint;

import io.github.swscan.input.PrintableText;
import io.github.swscan.input.Repository;
import io.github.swscan.input.UnsupportedInputException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Formats of models that are not supported, by the names of their files. */
enum OtherFormat {
    ONNX("ONNX", ".+\\.onnx(\\.data|_data)?", "scan the model that it was exported from"),
    TENSORFLOW("TensorFlow", ".+\\.(h5|keras|tflite|ckpt\\.index|pb)", "convert the model to safetensors"),
    FLAX("Flax", ".+\\.msgpack(\\.index\\.json)?", "convert the model to safetensors"),
    MLX("MLX in NumPy's format", "weights(\\.\\d+)?\\.npz", "scan the model that it was converted from"),
    CORE_ML("Core ML", ".+\\.(mlmodel|mlpackage)", "scan the model that it was exported from"),
    TENSOR_RT("TensorRT", ".+\\.(engine|plan)", "scan the model that it was built from"),
    NEMO("NeMo", ".+\\.nemo", "convert the model to the Hugging Face layout with NeMo's scripts");

    private final String label;
    private final Pattern fileName;
    private final String remedy;

    OtherFormat(String label, String fileName, String remedy) {
        this.label = label;
        this.fileName = Pattern.compile(fileName);
        this.remedy = remedy;
    }

    static Optional<OtherFormat> of(Path file) {
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        return Stream.of(values())
                .filter(format -> format.fileName.matcher(name).matches())
                .findFirst();
    }

    /** A file of this format. */
    UnsupportedInputException refused(Path file) {
        return new UnsupportedInputException(file, "", "is a model of " + label + ", which is not supported", remedy);
    }

    /** A folder with nothing but files of this format. */
    UnsupportedInputException refused(Repository folder) {
        List<Path> files = folder.names().stream()
                .filter(file -> of(file).equals(Optional.of(this)))
                .toList();
        return new UnsupportedInputException(
                folder.name(),
                "",
                "holds %s, a model of %s, which is not supported, and no safetensors, PyTorch or GGUF file"
                        .formatted(PrintableText.names(files), label),
                remedy);
    }
}
