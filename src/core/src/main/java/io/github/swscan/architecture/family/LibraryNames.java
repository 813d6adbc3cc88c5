package io.github.swscan.architecture.family;

import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.checkpoint.tensor.TensorLimits;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Names under which libraries store what the families have under others: mlx-lm the experts of a block in a stack, and
 * torchao 0.14 plain tensors.
 */
public final class LibraryNames {

    private static final String PLAIN = ":_data";

    private static final Pattern STACK =
            Pattern.compile("(.*\\.)(mlp|block_sparse_moe)\\.switch_mlp\\.(gate|up|down)_proj(\\..*)");

    /** What the families call the maps of an expert that they have in a module of that name. */
    private static final Map<String, Map<String, String>> MAPS = Map.of(
            "mlp", Map.of("gate", "gate_proj", "up", "up_proj", "down", "down_proj"),
            "block_sparse_moe", Map.of("gate", "w1", "up", "w3", "down", "w2"));

    private LibraryNames() {}

    /** The same checkpoint under the names that the families have, each expert's tensors by themselves. */
    public static Checkpoint replaced(Checkpoint stored) {
        long experts = stored.tensors().values().stream()
                .filter(LibraryNames::isStack)
                .mapToLong(stack -> stack.shape().get(0))
                .sum();
        boolean plain = stored.tensors().keySet().stream().anyMatch(name -> name.endsWith(PLAIN));
        return (experts == 0 && !plain) || experts > TensorLimits.MAX_TENSORS
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
        String name = tensor.name();
        Matcher stack = STACK.matcher(name);
        if (!isStack(tensor) || !stack.matches()) {
            boolean plain = name.endsWith(PLAIN) && name.length() > PLAIN.length();
            return List.of(plain ? name.substring(0, name.length() - PLAIN.length()) : name);
        }
        String map = MAPS.get(stack.group(2)).get(stack.group(3));
        return IntStream.range(0, tensor.shape().get(0).intValue())
                .mapToObj(expert -> stack.group(1) + stack.group(2) + ".experts." + expert + "." + map + stack.group(4))
                .toList();
    }
}
