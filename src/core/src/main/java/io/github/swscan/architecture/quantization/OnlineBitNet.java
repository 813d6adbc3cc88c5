package io.github.swscan.architecture.quantization;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Linear;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.quantized.RoundedWeights;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A BitNet whose weights are stored plain and rounded whenever they are multiplied: those of all linear maps of the layers
 * but the ones that are left out.
 *
 * @param leftOut patterns of names of modules, from their start to a dot or their end
 * @param endings of names of modules
 */
public record OnlineBitNet(CodedTensors tensors, List<NamePattern> leftOut, List<String> endings) {

    private static final String WEIGHT = ".weight";

    /** Whether options of the method say so. BitLinear has no modes. */
    public static boolean isSaid(JsonNode options) {
        return options.path("quantization_mode").asText().equals("online") && !BitNetLayout.isDivided(options);
    }

    /** What is said, if it says so. */
    public static Optional<OnlineBitNet> of(CodedTensors tensors) {
        if (!isSaid(tensors.options())) {
            return Optional.empty();
        }
        List<NamePattern> patterns = new ArrayList<>();
        List<String> endings = new ArrayList<>();
        for (JsonNode name : tensors.options().path("modules_to_not_convert")) {
            patterns.add(NamePattern.of(tensors, name.asText()));
            endings.add(name.asText());
        }
        return Optional.of(new OnlineBitNet(tensors, patterns, endings));
    }

    /** The same checkpoint with the weights as they are multiplied. */
    public Checkpoint rounded(Architecture architecture) {
        return tensors.stored()
                .with(architecture.blocks().stream()
                        .flatMap(block -> block.linears())
                        .map(Linear::weight)
                        .distinct()
                        .filter(name -> !isLeftOut(name))
                        .flatMap(name -> tensors.find(name).stream())
                        .filter(weight ->
                                weight.dtype().isComputable() && weight.shape().size() == 2)
                        .map(weight -> TensorInfo.decoded(weight.name(), weight.shape(), new RoundedWeights(weight)))
                        .toList());
    }

    private boolean isLeftOut(String name) {
        String module = name.endsWith(WEIGHT) ? name.substring(0, name.length() - WEIGHT.length()) : name;
        return leftOut.stream().anyMatch(pattern -> pattern.isWholePart(module))
                || endings.stream().anyMatch(module::endsWith);
    }
}
