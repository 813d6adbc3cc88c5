package io.github.swscan.architecture;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.Map;

/** Reads one decoder block from a description. */
final class BlockReader {

    private final int hiddenSize;
    private final int contextLength;
    private final String prefix;
    private final Map<RotaryKey, Rotary> rotaries = new HashMap<>();

    /** @param prefix what all tensor names of the model begin with */
    BlockReader(int hiddenSize, int contextLength, String prefix) {
        this.hiddenSize = hiddenSize;
        this.contextLength = contextLength;
        this.prefix = prefix;
    }

    /** @param block the block's description, in its layer */
    Block read(Fields block, int layer) {
        String number = Integer.toString(layer);
        ParameterReader parameters =
                new ParameterReader(prefix + block.text("prefix").replace("{layer}", number));
        Fields attention = block.object("attention");
        Fields mlp = block.object("mlp");
        return new Block(
                layer,
                new AttentionReader(attention, parameters, hiddenSize, layer, this::rotary).read(),
                residual(attention, parameters),
                new FeedForwardReader(mlp, parameters, hiddenSize).read(),
                residual(mlp, parameters),
                block.flag("parallel", false));
    }

    /** What rotary positions depend on, but for the options that all layers have in common. */
    private record RotaryKey(Map<String, JsonNode> values, int headSize) {}

    /** Equal rotary positions are read and held once, however many layers have them. */
    private Rotary rotary(Fields fields, int headSize) {
        return rotaries.computeIfAbsent(
                new RotaryKey(fields.values(), headSize), key -> RotaryReader.read(fields, headSize, contextLength));
    }

    private Residual residual(Fields part, ParameterReader parameters) {
        return new Residual(
                parameters.optionalNorm(part, "norm", hiddenSize),
                parameters.optionalNorm(part, "normAfter", hiddenSize),
                parameters.optionalNorm(part, "normOfSum", hiddenSize),
                part.flag("skipsNormed", false),
                part.number("skipScale", 1),
                part.number("outputScale", 1));
    }
}
