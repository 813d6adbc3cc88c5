package io.github.swscan.architecture.family;

import io.github.swscan.architecture.Bottleneck;
import io.github.swscan.architecture.ChannelConvolution;
import io.github.swscan.architecture.HyperConnections;
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
 * @param numbers what stands for {@code {NAME}} in the names that the description gives
 */
record ParameterReader(String prefix, Set<String> tensors, Map<String, String> numbers) {

    /** Longer than any short convolution is. */
    private static final int LONGEST_CONVOLUTION = 4096;

    /** What the first versions of BERT's norms call their scales and shifts. */
    private static final Map<String, String> OLDER_NAMES =
            Map.of("LayerNorm.weight", "LayerNorm.gamma", "LayerNorm.bias", "LayerNorm.beta");

    /** Of names without numbers. */
    ParameterReader(String prefix, Set<String> tensors) {
        this(prefix, tensors, Map.of());
    }

    /** The same with a longer prefix. */
    ParameterReader within(String more) {
        return new ParameterReader(tensor(more), tensors, numbers);
    }

    /** The same with numbers for names. */
    ParameterReader numbered(Map<String, String> given) {
        return new ParameterReader(prefix, tensors, given);
    }

    /** A linear map without a bias. */
    Linear linear(String tensor, int inputs, int outputs) {
        return new Linear(
                tensor(tensor + ".weight"),
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

    /** The maps {@code narrow} and {@code widen}. */
    Bottleneck bottleneck(Fields fields, int inputs, int size, int outputs) {
        return new Bottleneck(
                linear(fields.object("narrow"), inputs, size), linear(fields.object("widen"), size, outputs));
    }

    /** The convolution of a field, if it is there. */
    Optional<ChannelConvolution> optionalConvolution(Fields fields, String field, int channels) {
        return fields.optionalObject(field).map(convolution -> {
            int length = convolution.positiveInteger("length");
            if (length > LONGEST_CONVOLUTION) {
                throw convolution.malformed("length", "is " + length + ", more than " + LONGEST_CONVOLUTION);
            }
            return new ChannelConvolution(tensor(convolution.text("tensor") + ".weight"), channels, length);
        });
    }

    /** @param toHead whether nothing is given to the streams there */
    HyperConnections.Connection connection(Fields connection, int streams, int hiddenSize, boolean toHead) {
        if (connection.has("narrow")) {
            long channels = (long) streams * hiddenSize;
            if (channels > Fields.LARGEST_SIZE) {
                throw connection.malformed("rank", "joins streams of " + channels + " channels");
            }
            int rank = connection.positiveInteger("rank");
            return new HyperConnections.Gated(
                    streams,
                    norm(connection.object("norm"), hiddenSize, streams),
                    linear(connection.object("narrow"), (int) channels, rank),
                    linear(connection.object("widen"), rank, (int) channels),
                    toHead
                            ? Optional.empty()
                            : Optional.of(linear(connection.object("give"), (int) channels, streams)));
        }
        OptionalInt balancings = connection.optionalPositiveInteger("balancings");
        int computed = toHead ? 1 : 2;
        return new HyperConnections.Weighed(
                tensor(connection, "map", ""),
                tensor(connection, "base", ""),
                tensor(connection, "scale", ""),
                streams,
                hiddenSize,
                balancings.isPresent() ? computed + 1 : computed,
                connection.positiveNumber("normEpsilon"),
                connection.number("epsilon", 0),
                connection.number("magnitude", 1),
                connection.number("addedToGiven", 0),
                balancings);
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
        List<String> names = !weighted || norm.has("weight")
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
                norm.optionalText("weight").map(name -> List.of(tensor(name))).orElseGet(() -> names.stream()
                        .map(name -> ofNorm(name + ".weight"))
                        .toList()),
                biased ? names.stream().map(name -> ofNorm(name + ".bias")).toList() : List.of(),
                norm.number("addedToWeight", 0),
                norm.positiveNumber("epsilon"));
    }

    /** The norm's other name where the checkpoint has it under that alone. */
    private String normTensor(Fields norm) {
        String name = norm.text("tensor");
        return norm.optionalText("otherTensor")
                .filter(other ->
                        tensors.contains(tensor(other + ".weight")) && !tensors.contains(tensor(name + ".weight")))
                .orElse(name);
    }

    /** The full name of a norm's tensor, as it is stored. */
    private String ofNorm(String tensor) {
        String name = tensor(tensor);
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
        String name = tensor(linear.optionalText(field).orElseGet(() -> linear.text("tensor") + ending));
        return linear.optionalText("otherTensor")
                .map(other -> tensor(other + ending))
                .filter(other -> tensors.contains(other) && !tensors.contains(name))
                .orElse(name);
    }

    /** The full name of a tensor. */
    String tensor(String name) {
        String numbered = name;
        for (Map.Entry<String, String> number : numbers.entrySet()) {
            numbered = numbered.replace("{" + number.getKey() + "}", number.getValue());
        }
        return prefix + numbered;
    }

    /** The full names of tensors. */
    List<String> names(List<String> tensors) {
        return tensors.stream().map(this::tensor).toList();
    }
}
