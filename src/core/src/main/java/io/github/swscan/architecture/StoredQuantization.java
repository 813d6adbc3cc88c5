package io.github.swscan.architecture;

import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.StoredCodes;
import io.github.swscan.checkpoint.tensor.BlockShape;
import io.github.swscan.checkpoint.tensor.Codes;
import io.github.swscan.checkpoint.tensor.ElementCodes;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * How the matrices of a model are quantized, by what is stored of them.
 *
 * @param kinds that of the most weights first; at least one
 * @param exempt the modules whose matrices are stored plain, in the order of their names; {@code *} stands for every layer
 *     or expert
 */
public record StoredQuantization(List<Kind> kinds, List<String> exempt) {

    private static final String GGUF = "GGUF";
    private static final String FLOAT_8 = "fp8";

    /**
     * A way in which matrices are quantized.
     *
     * @param method what it is called, such as {@code GPTQ}
     * @param type the stored type, as reports name it
     * @param bits of a code
     * @param blocks what shares a scale; empty where that is not known
     */
    public record Kind(String method, String type, int bits, Optional<BlockShape> blocks) {

        /** Whether the type tells more than method and bits. */
        private boolean isNamedByType() {
            return Set.of(GGUF, FLOAT_8).contains(method);
        }

        /** Where rows are as long as the groups of other matrices, they are groups. */
        private Kind orGroup(long columns, Set<Kind> others) {
            Kind group = new Kind(method, type, bits, Optional.of(BlockShape.ofRow(columns)));
            return blocks.equals(Optional.of(BlockShape.ROW)) && others.contains(group) ? group : this;
        }

        private static Kind of(TensorInfo tensor) {
            String method =
                    tensor.codes().map(Codes::method).orElse(tensor.dtype().isInBlocks() ? GGUF : FLOAT_8);
            return new Kind(
                    method,
                    tensor.storedType(),
                    StoredCodes.bits(tensor),
                    StoredCodes.of(tensor).map(ElementCodes::scaleBlocks));
        }
    }

    public StoredQuantization {
        kinds = List.copyOf(kinds);
        exempt = List.copyOf(exempt);
    }

    /** That of a model, if any of its matrices is quantized. The architecture's tensors must be in the checkpoint. */
    public static Optional<StoredQuantization> of(Architecture architecture, Checkpoint checkpoint) {
        List<TensorInfo> matrices = new ArrayList<>();
        // Those of all experts may be a matrix too.
        Parameters.of(architecture).forEach((name, shape) -> {
            if (shape.size() > 1 && !name.endsWith("bias")) {
                matrices.add(checkpoint.find(name).orElseThrow());
            }
        });
        Set<Kind> told =
                matrices.stream().filter(TensorInfo::isQuantized).map(Kind::of).collect(Collectors.toSet());
        Map<Kind, Long> weights = matrices.stream()
                .filter(TensorInfo::isQuantized)
                .collect(Collectors.groupingBy(
                        matrix -> Kind.of(matrix).orGroup(columns(matrix), told),
                        LinkedHashMap::new,
                        Collectors.summingLong(TensorInfo::elements)));
        List<Kind> kinds = weights.entrySet().stream()
                .sorted(Map.Entry.<Kind, Long>comparingByValue(Comparator.reverseOrder()))
                .map(Map.Entry::getKey)
                .toList();
        return kinds.isEmpty() ? Optional.empty() : Optional.of(new StoredQuantization(kinds, exempt(matrices)));
    }

    private static long columns(TensorInfo matrix) {
        return matrix.shape().get(matrix.shape().size() - 1);
    }

    private static List<String> exempt(List<TensorInfo> matrices) {
        Map<String, List<TensorInfo>> alike = matrices.stream()
                .collect(Collectors.groupingBy(
                        matrix -> module(matrix).replaceAll("(?<=\\.|^)\\d+(?=\\.)", "*"),
                        LinkedHashMap::new,
                        Collectors.toList()));
        return alike.entrySet().stream()
                .flatMap(entry -> {
                    Function<TensorInfo, String> told =
                            entry.getValue().stream().noneMatch(TensorInfo::isQuantized)
                                    ? matrix -> entry.getKey()
                                    : StoredQuantization::module;
                    return entry.getValue().stream()
                            .filter(matrix -> !matrix.isQuantized())
                            .map(told);
                })
                .distinct()
                .sorted()
                .toList();
    }

    private static String module(TensorInfo matrix) {
        return matrix.name().replaceFirst("\\.weight$", "");
    }

    /** In words, without what is exempt. */
    public String description() {
        return kinds.get(0).method() + ": "
                + kinds.stream().map(this::description).collect(Collectors.joining("; "));
    }

    private String description(Kind kind) {
        List<String> parts = new ArrayList<>();
        if (!kind.method().equals(kinds.get(0).method())) {
            parts.add(kind.method());
        }
        if (kind.isNamedByType()) {
            parts.add(kind.type());
        }
        parts.add(kind.bits() + (kind.bits() == 1 ? " bit" : " bits"));
        kind.blocks().map(BlockShape::description).ifPresent(parts::add);
        return String.join(", ", parts);
    }
}
