package io.github.swscan.architecture.quantization;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.InputException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** A layout of codes. */
public interface CodeLayout {

    /** What weights are looked for in. */
    CodedTensors tensors();

    /** What the names of tensors begin with that may be parts of a weight. */
    default Stream<String> modules() {
        return tensors().modules();
    }

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
        List<TensorInfo> weights = of(method, tensors).stream()
                .flatMap(layout -> layout.modules().flatMap(module -> layout.weight(module).stream()))
                .toList();
        return weights.isEmpty() ? tensors.stored() : tensors.stored().with(weights);
    }

    private static Optional<CodeLayout> of(String method, CodedTensors tensors) {
        return switch (method) {
            case "gptq" -> Optional.of(GptqLayout.of(tensors));
            case "auto-round", "intel/auto-round" -> Optional.of(autoRound(tensors));
            case "awq" -> Optional.of(AwqLayout.of(tensors));
            case "compressed-tensors" -> Optional.of(new CompressedTensorsLayout(tensors));
            case "modelopt" -> Optional.of(new ModelOptLayout(tensors));
            case "bitsandbytes" -> Optional.of(new BitsAndBytesLayout(tensors));
            case "torchao" -> Optional.of(new TorchAoLayout(tensors));
            case "hqq" -> Optional.of(new HqqLayout(tensors));
            case "mlx" -> Optional.of(new MlxLayout(tensors));
            case "mxfp4" -> Optional.of(new Mxfp4Layout(tensors));
            case "quanto" -> Optional.of(new QuantoLayout(tensors));
            case "bitnet" -> Optional.of(new BitNetLayout(tensors));
            default -> Optional.empty();
        };
    }

    /** It packs as others do, and says whom it follows. */
    private static CodeLayout autoRound(CodedTensors tensors) {
        String format = tensors.options().path("packing_format").asText("auto_round:auto_gptq");
        tensors.refuse("rotation_config", "spinquant_config");
        Stream.concat(
                        Stream.of(tensors.options()),
                        tensors.options().path("extra_config").properties().stream()
                                .map(Map.Entry::getValue))
                .filter(options -> options.path("bits").asInt() <= Byte.SIZE)
                .forEach(options -> requireWholeNumbers(options, tensors));
        return switch (format) {
            case "auto_round:auto_gptq", "auto_round:gptq", "auto" -> GptqLayout.ofAutoRound(tensors, true);
            case "auto_round", "auto_round:gptqmodel" -> GptqLayout.ofAutoRound(tensors, false);
            case "auto_round:auto_awq", "auto_round:awq" -> AwqLayout.ofAutoRound(tensors);
            default -> throw tensors.unsupported("the packing format " + format);
        };
    }

    /** Other types of its have other parts, and so have weights for activations that are quantized. */
    private static void requireWholeNumbers(JsonNode options, CodedTensors tensors) {
        String type = options.path("data_type").asText("int");
        int activationBits = options.path("act_bits").asInt(Short.SIZE);
        if (!type.equals("int") || activationBits < Short.SIZE) {
            throw tensors.unsupported("the data_type " + type + " with activations of " + activationBits + " bits");
        }
    }
}
