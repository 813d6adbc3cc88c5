package io.github.swscan.architecture.family;

import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.checkpoint.tensor.TensorLimits;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** Experts as mlx-lm stores them: those of a block in a stack, where checkpoints of the families have them one by one. */
public final class StackedExperts {

    private static final Pattern STACK =
            Pattern.compile("(.*\\.)(mlp|block_sparse_moe)\\.switch_mlp\\.(gate|up|down)_proj(\\..*)");

    /** What the families call the maps of an expert that they have in a module of that name. */
    private static final Map<String, Map<String, String>> MAPS = Map.of(
            "mlp", Map.of("gate", "gate_proj", "up", "up_proj", "down", "down_proj"),
            "block_sparse_moe", Map.of("gate", "w1", "up", "w3", "down", "w2"));

    private StackedExperts() {}

    /** The same checkpoint with each expert's tensors by themselves, under the names that the families have for them. */
    public static Checkpoint apart(Checkpoint stored) {
        long experts = stored.tensors().values().stream()
                .filter(StackedExperts::isStack)
                .mapToLong(stack -> stack.shape().get(0))
                .sum();
        return experts == 0 || experts > TensorLimits.MAX_TENSORS
                ? stored
                : stored.renamed(name -> names(stored.tensors().get(name)));
    }

    private static boolean isStack(TensorInfo tensor) {
        return !tensor.shape().isEmpty()
                && tensor.shape().get(0) <= TensorLimits.MAX_TENSORS
                && tensor.elements() > 0
                && STACK.matcher(tensor.name()).matches();
    }

    private static List<String> names(TensorInfo tensor) {
        Matcher stack = STACK.matcher(tensor.name());
        if (!isStack(tensor) || !stack.matches()) {
            return List.of(tensor.name());
        }
        String map = MAPS.get(stack.group(2)).get(stack.group(3));
        return IntStream.range(0, tensor.shape().get(0).intValue())
                .mapToObj(expert -> stack.group(1) + stack.group(2) + ".experts." + expert + "." + map + stack.group(4))
                .toList();
    }
}
