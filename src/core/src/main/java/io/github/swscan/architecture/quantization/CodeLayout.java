package io.github.swscan.architecture.quantization;

import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.InputException;
import java.util.List;
import java.util.Optional;

/** A layout of codes. */
@FunctionalInterface
public interface CodeLayout {

    /**
     * The weight of a linear map, if it is stored in this layout.
     *
     * @param module what the names of its tensors begin with, a dot at the end
     * @throws InputException if its parts do not fit, or are of a kind that is not supported
     */
    Optional<TensorInfo> weight(String module);

    /**
     * The same checkpoint with the weights that its codes stand for. What is stored decides: a module that is stored plain
     * stays as it is.
     *
     * @param method as config.json calls it
     * @throws InputException as {@link #weight}
     */
    static Checkpoint decoded(String method, CodedTensors tensors) {
        CodeLayout layout = of(method, tensors);
        List<TensorInfo> weights = tensors.modules()
                .flatMap(module -> layout.weight(module).stream())
                .toList();
        return weights.isEmpty() ? tensors.stored() : tensors.stored().with(weights);
    }

    private static CodeLayout of(String method, CodedTensors tensors) {
        return switch (method) {
            case "gptq" -> GptqLayout.of(tensors);
            case "auto-round" -> autoRound(tensors);
            case "awq" -> new AwqLayout(tensors);
            case "compressed-tensors" -> new CompressedTensorsLayout(tensors);
            case "modelopt" -> new ModelOptLayout(tensors);
            case "bitsandbytes" -> new BitsAndBytesLayout(tensors);
            case "torchao" -> new TorchAoLayout(tensors);
            case "hqq" -> new HqqLayout(tensors);
            case "mlx" -> new MlxLayout(tensors);
            default -> module -> Optional.empty();
        };
    }

    /** It packs as others do, and says whom it follows. */
    private static CodeLayout autoRound(CodedTensors tensors) {
        String format = tensors.options().path("packing_format").asText("auto_round:auto_gptq");
        return switch (format) {
            case "auto_round:auto_gptq" -> new GptqLayout(tensors, true);
            case "auto_round", "auto_round:gptqmodel", "auto_round:auto_gptq_v2" -> new GptqLayout(tensors, false);
            case "auto_round:auto_awq" -> new AwqLayout(tensors);
            default -> throw tensors.unsupported("the packing format " + format);
        };
    }
}
