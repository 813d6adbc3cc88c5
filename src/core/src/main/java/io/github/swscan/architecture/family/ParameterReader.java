package io.github.swscan.architecture.family;

import io.github.swscan.architecture.Linear;
import io.github.swscan.architecture.Linear.Layout;
import io.github.swscan.architecture.Norm;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Reads linear maps and norms from a description.
 *
 * @param prefix what all tensor names begin with
 * @param tensors the names of the checkpoint's tensors; none if they are not known
 */
record ParameterReader(String prefix, Set<String> tensors) {

    /** What the first versions of BERT's norms call their scales and shifts. */
    private static final Map<String, String> OLDER_NAMES =
            Map.of("LayerNorm.weight", "LayerNorm.gamma", "LayerNorm.bias", "LayerNorm.beta");

    /** The same with a longer prefix. */
    ParameterReader within(String more) {
        return new ParameterReader(prefix + more, tensors);
    }

    /** A linear map without a bias. */
    Linear linear(String tensor, int inputs, int outputs) {
        return new Linear(
                prefix + tensor + ".weight",
                Optional.empty(),
                Layout.OUTPUT_BY_INPUT,
                inputs,
                outputs,
                Optional.empty());
    }

    Linear linear(Fields linear, int inputs, int outputs) {
        return linear(linear, inputs, outputs, Optional.empty());
    }

    /** @param stack which matrix it is, where the tensor holds several */
    Linear linear(Fields linear, int inputs, int outputs, Optional<Linear.Stack> stack) {
        boolean biased = linear.flag("bias", false);
        return new Linear(
                tensor(linear, "weight", ".weight"),
                biased ? Optional.of(tensor(linear, "biasTensor", ".bias")) : Optional.empty(),
                linear.optionalText("layout").filter("input-by-output"::equals).isPresent()
                        ? Layout.INPUT_BY_OUTPUT
                        : Layout.OUTPUT_BY_INPUT,
                inputs,
                outputs,
                stack);
    }

    Norm norm(Fields norm, int size) {
        return norm(norm, size, 1);
    }

    /** @param heads how many heads there are, should each have scales of its own */
    Norm norm(Fields norm, int size, int heads) {
        Norm.Kind kind =
                switch (norm.text("kind")) {
                    case "rms" -> Norm.Kind.RMS;
                    case "layer" -> Norm.Kind.LAYER;
                    default -> throw new IllegalStateException("unknown norm " + norm.text("kind"));
                };
        boolean weighted = norm.flag("weighted", true);
        boolean biased = weighted && norm.flag("bias", kind == Norm.Kind.LAYER);
        boolean oneTensorPerHead = norm.flag("tensorPerHead", false);
        List<String> names = !weighted
                ? List.of()
                : oneTensorPerHead
                        ? IntStream.range(0, heads)
                                .mapToObj(head -> norm.text("tensor").replace("{head}", Integer.toString(head)))
                                .toList()
                        : List.of(normTensor(norm));
        return new Norm(
                kind,
                size,
                norm.flag("weightsPerHead", false) ? OptionalInt.of(heads) : OptionalInt.empty(),
                norm.flag("flat", false),
                names.stream().map(name -> ofNorm(name + ".weight")).toList(),
                biased ? names.stream().map(name -> ofNorm(name + ".bias")).toList() : List.of(),
                norm.number("addedToWeight", 0),
                norm.positiveNumber("epsilon"));
    }

    /** The norm's other name where the checkpoint has it under that alone. */
    private String normTensor(Fields norm) {
        String name = norm.text("tensor");
        return norm.optionalText("otherTensor")
                .filter(other ->
                        tensors.contains(prefix + other + ".weight") && !tensors.contains(prefix + name + ".weight"))
                .orElse(name);
    }

    /** The full name of a norm's tensor, as it is stored. */
    private String ofNorm(String tensor) {
        String name = prefix + tensor;
        return OLDER_NAMES.entrySet().stream()
                .filter(names -> !tensors.contains(name) && name.endsWith(names.getKey()))
                .map(names -> name.substring(0, name.length() - names.getKey().length()) + names.getValue())
                .filter(tensors::contains)
                .findFirst()
                .orElse(name);
    }

    Optional<Norm> optionalNorm(Fields fields, String field, int size) {
        return fields.optionalObject(field).map(norm -> norm(norm, size));
    }

    /**
     * A tensor that is named whole, or by the name that weight and bias have in common. Of several names for it the first
     * that is stored counts; another name where the checkpoint has it under that alone.
     */
    private String tensor(Fields linear, String field, String ending) {
        List<String> names = names(linear.texts(field));
        return names.stream()
                .filter(tensors::contains)
                .findFirst()
                .or(() -> names.stream().reduce((first, last) -> last))
                .orElseGet(() -> tensorOrOther(linear, field, ending));
    }

    private String tensorOrOther(Fields linear, String field, String ending) {
        String name = prefix + linear.optionalText(field).orElseGet(() -> linear.text("tensor") + ending);
        return linear.optionalText("otherTensor")
                .map(other -> prefix + other + ending)
                .filter(other -> tensors.contains(other) && !tensors.contains(name))
                .orElse(name);
    }

    /** The full name of a tensor. */
    String tensor(String name) {
        return prefix + name;
    }

    /** The full names of tensors. */
    List<String> names(List<String> tensors) {
        return tensors.stream().map(name -> prefix + name).toList();
    }
}
