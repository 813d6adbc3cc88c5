package io.github.swscan.architecture.family;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.swscan.architecture.LinearRecurrence;
import io.github.swscan.architecture.LinearRecurrence.Part;
import io.github.swscan.architecture.Norm;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** Reads a linear recurrence from a description. */
final class LinearRecurrenceReader {

    /** Longer than any of its convolutions is. */
    private static final int LONGEST_CONVOLUTION = 4096;

    private final Fields recurrence;
    private final ParameterReader parameters;
    private final int hiddenSize;
    private final int heads;
    private final int keyHeads;
    private final int keySize;
    private final int valueSize;

    LinearRecurrenceReader(Fields recurrence, ParameterReader parameters, int hiddenSize) {
        this.recurrence = recurrence;
        this.parameters = parameters;
        this.hiddenSize = hiddenSize;
        this.heads = recurrence.positiveInteger("heads");
        this.keyHeads = recurrence.optionalPositiveInteger("keyHeads").orElse(heads);
        this.keySize = recurrence.positiveInteger("keySize");
        this.valueSize = recurrence.positiveInteger("valueSize");
        if (heads % keyHeads != 0) {
            throw recurrence.malformed(
                    "keyHeads", "is " + keyHeads + ", which does not divide the " + heads + " heads");
        }
    }

    LinearRecurrence read() {
        Fields decay = recurrence.object("decay");
        boolean stepByChannel = decay.flag("stepByChannel", false);
        int values = channels(heads, valueSize);
        Map<Part, Integer> sizes = new EnumMap<>(Map.of(
                Part.QUERY,
                channels(keyHeads, keySize),
                Part.KEY,
                channels(keyHeads, keySize),
                Part.VALUE,
                values,
                Part.GATE,
                values,
                Part.STEP,
                stepByChannel ? channels(heads, keySize) : heads,
                Part.WRITE,
                heads));
        Fields gate = recurrence.object("gate");
        return new LinearRecurrence(
                keyHeads,
                heads,
                keySize,
                valueSize,
                recurrence.objects("projections").stream()
                        .map(projection -> projection(projection, sizes))
                        .toList(),
                recurrence.optionalObject("scales").map(this::scales).orElse(Map.of()),
                convolution(recurrence.object("convolution")),
                recurrence.optionalObject("selection").map(selection -> selection(selection, values)),
                recurrence.flag("unitKeys", false),
                recurrence.number("queryScale", 1),
                decay(decay, stepByChannel),
                recurrence.number("writeScale", 1),
                recurrence.flag("timesStep", false),
                recurrence.optionalText("skip").map(this::name),
                new LinearRecurrence.Gate(
                        FeedForwardReader.activation(gate, parameters),
                        gate.flag("beforeNorm", false),
                        recurrence.optionalObject("innerNorm").map(this::norm)),
                parameters.linear(recurrence.object("output"), values, hiddenSize));
    }

    private LinearRecurrence.Projection projection(Fields projection, Map<Part, Integer> sizes) {
        List<Part> parts = parts(projection);
        int groups = projection.optionalPositiveInteger("groups").orElse(1);
        parts.stream().filter(part -> sizes.get(part) % groups != 0).findFirst().ifPresent(part -> {
            throw recurrence.malformed(
                    "heads",
                    "is " + heads + ", which cannot be spread over " + groups + " groups of a fused projection");
        });
        long outputs = parts.stream().mapToLong(sizes::get).sum();
        Optional<Fields> down = projection.optionalObject("down");
        int inputs = down.map(narrow -> narrow.positiveInteger("size")).orElse(hiddenSize);
        return new LinearRecurrence.Projection(
                down.map(narrow -> parameters.linear(narrow, hiddenSize, inputs)),
                parameters.linear(projection, inputs, channels(1, outputs)),
                groups,
                parts);
    }

    private static List<Part> parts(Fields fields) {
        return fields.texts("parts").stream()
                .map(part -> Part.valueOf(part.toUpperCase(Locale.ROOT)))
                .toList();
    }

    private Map<Part, Double> scales(Fields scales) {
        Map<Part, Double> numbers = new EnumMap<>(Part.class);
        for (Part part : Part.values()) {
            String name = part.name().toLowerCase(Locale.ROOT);
            if (scales.has(name)) {
                numbers.put(part, scales.number(name, 1));
            }
        }
        return numbers;
    }

    private LinearRecurrence.Convolution convolution(Fields convolution) {
        int length = convolution.positiveInteger("length");
        if (length > LONGEST_CONVOLUTION) {
            throw convolution.malformed("length", "is " + length + ", more than " + LONGEST_CONVOLUTION);
        }
        return new LinearRecurrence.Convolution(
                parts(convolution),
                parameters.names(convolution.texts("kernels")),
                convolution.optionalText("bias").map(this::name),
                length,
                FeedForwardReader.activation(convolution, parameters));
    }

    private LinearRecurrence.Selection selection(Fields selection, int values) {
        int rank = selection.positiveInteger("rank");
        return new LinearRecurrence.Selection(
                parameters.linear(selection.object("narrow"), values, channels(1, rank + 2L * keySize)),
                parameters.optionalNorm(selection, "stepNorm", rank),
                parameters.optionalNorm(selection, "keyNorm", keySize),
                parameters.optionalNorm(selection, "queryNorm", keySize),
                parameters.linear(selection.object("step"), rank, heads));
    }

    private LinearRecurrence.Decay decay(Fields decay, boolean stepByChannel) {
        Optional<JsonNode> limits = decay.value("stepLimits");
        return new LinearRecurrence.Decay(
                name(decay.text("rate")),
                decay.flag("rateByChannel", false),
                decay.flag("rateSpread", false),
                decay.optionalText("bias").map(this::name),
                stepByChannel,
                bound(decay),
                limits.map(list -> limit(decay, list, 0)).orElseGet(() -> decay.number("smallestStep", 0)),
                limits.map(list -> limit(decay, list, 1)).orElse(Double.POSITIVE_INFINITY));
    }

    private static OptionalDouble bound(Fields decay) {
        if (!decay.has("bound")) {
            return OptionalDouble.empty();
        }
        double bound = decay.number("bound");
        if (bound >= 0) {
            throw decay.malformed("bound", "is " + bound + " where a number below 0 is needed");
        }
        return OptionalDouble.of(bound);
    }

    /** One of two numbers, of which the second may be infinite: as a number, or as transformers 5 writes it. */
    private static double limit(Fields decay, JsonNode limits, int index) {
        JsonNode given = limits.path(index);
        JsonNode value = given.has("__float__") ? given.get("__float__") : given;
        boolean known = limits.size() == 2
                && (value.isNumber()
                        ? !(value.doubleValue() < 0)
                        : value.asText().equals("Infinity"));
        if (!known) {
            throw decay.malformed(
                    "stepLimits", "is " + Config.written(limits) + " where two numbers from 0 on are needed");
        }
        return value.isNumber() ? value.doubleValue() : Double.POSITIVE_INFINITY;
    }

    /** Over each head, or over groups of channels that have scales of their own. */
    private Norm norm(Fields norm) {
        int groups = norm.optionalPositiveInteger("groups").orElse(0);
        if (groups == 0) {
            return parameters.norm(norm, valueSize);
        }
        if (channels(heads, valueSize) % groups != 0) {
            throw recurrence.malformed("heads", "is " + heads + ", which cannot be spread over " + groups + " groups");
        }
        return parameters.norm(norm, heads * valueSize / groups, groups);
    }

    private String name(String tensor) {
        return parameters.names(List.of(tensor)).get(0);
    }

    private int channels(int count, long size) {
        long channels = count * size;
        if (channels > Fields.LARGEST_SIZE) {
            throw recurrence.malformed("heads", "makes a token mixer of " + channels + " channels");
        }
        return (int) channels;
    }
}
