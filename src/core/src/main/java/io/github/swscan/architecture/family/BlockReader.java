package io.github.swscan.architecture.family;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.swscan.architecture.AltUp;
import io.github.swscan.architecture.Aside;
import io.github.swscan.architecture.Block;
import io.github.swscan.architecture.FeedForward;
import io.github.swscan.architecture.HyperConnections;
import io.github.swscan.architecture.InputConvolution;
import io.github.swscan.architecture.LayerInputs;
import io.github.swscan.architecture.LowRank;
import io.github.swscan.architecture.NGramInputs;
import io.github.swscan.architecture.NoMixer;
import io.github.swscan.architecture.NoMlp;
import io.github.swscan.architecture.Residual;
import io.github.swscan.architecture.Rotary;
import io.github.swscan.architecture.SideBySide;
import io.github.swscan.architecture.TokenMixer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** Reads one block from a description. */
final class BlockReader {

    private static final List<String> MIXERS = List.of(
            "attention",
            "convolution",
            "lightningAttention",
            "linearRecurrence",
            "lowRank",
            "mixtureOfHeads",
            "sideBySide");

    /** Longer than any such convolution is. */
    private static final int LONGEST_CONVOLUTION = 4095;

    /** More parts than any table of n-grams has. */
    private static final int MOST_PARTS = 100_000;

    private final int hiddenSize;
    private final int contextLength;
    private final ParameterReader model;
    private final int layers;
    private final Map<RotaryKey, Rotary> rotaries = new HashMap<>();

    /**
     * @param model reads the model's tensors
     * @param layers how many blocks there are
     */
    BlockReader(int hiddenSize, int contextLength, ParameterReader model, int layers) {
        this.hiddenSize = hiddenSize;
        this.contextLength = contextLength;
        this.model = model;
        this.layers = layers;
    }

    /** @param block the block's description, in its layer */
    Block read(Fields block, int layer) {
        Map<String, String> numbers = new HashMap<>();
        numbers.put("layer", Integer.toString(layer));
        block.optionalObject("numbers")
                .map(Fields::values)
                .orElse(Map.of())
                .forEach((name, number) -> numbers.put(name, number.asText()));
        ParameterReader parameters = model.numbered(numbers).within(block.text("prefix"));
        Optional<String> kind = mixer(block);
        Optional<Fields> mlp = block.optionalObject("mlp").filter(given -> given.holds("when"));
        return new Block(
                layer,
                block.optionalObject("aside").map(aside -> aside(aside, parameters, layer)),
                kind.map(name -> mixer(name, block.object(name), parameters, layer))
                        .orElseGet(NoMixer::new),
                kind.map(name -> residual(block.object(name), parameters)).orElseGet(Residual::none),
                mlp.<FeedForward>map(given -> new FeedForwardReader(given, parameters, hiddenSize).read())
                        .orElseGet(NoMlp::new),
                mlp.map(given -> residual(given, parameters)).orElseGet(Residual::none),
                block.optionalObject("inputs").map(inputs -> inputs(inputs, parameters)),
                block.optionalObject("altUp").map(altUp -> altUp(altUp, parameters)),
                block.optionalObject("ngrams").map(ngrams -> ngrams(ngrams, parameters)),
                block.optionalObject("hyperConnections")
                        .map(connections -> new HyperConnections.OfBlock(
                                connection(connections, "mixer", parameters),
                                connection(connections, "feedForward", parameters))),
                block.optionalText("scale")
                        .map(name -> parameters.names(List.of(name)).get(0)),
                block.flag("parallel", false),
                block.optionalObject("inputConvolution").map(this::convolution));
    }

    private Aside aside(Fields aside, ParameterReader parameters, int layer) {
        String kind = mixer(aside).orElseThrow(() -> new IllegalStateException("the description lacks a token mixer"));
        return new Aside(
                parameters.norm(aside.object("norm"), 2 * hiddenSize),
                mixer(kind, aside.object(kind), parameters, layer),
                parameters.norm(aside.object("feedForwardNorm"), hiddenSize),
                parameters.linear(aside.object("output"), hiddenSize, hiddenSize));
    }

    private HyperConnections.Connection connection(Fields connections, String part, ParameterReader parameters) {
        return parameters.connection(
                connections.object(part), connections.positiveInteger("streams"), hiddenSize, false);
    }

    private NGramInputs ngrams(Fields ngrams, ParameterReader parameters) {
        int streams = ngrams.positiveInteger("streams");
        int longest = ngrams.positiveInteger("longest");
        int hashes = ngrams.positiveInteger("hashes");
        int size = ngrams.positiveInteger("size");
        long rows = (longest - 1L) * hashes;
        if (rows < 1 || size % rows != 0) {
            throw ngrams.malformed("size", "is " + size + ", which cannot be spread over " + rows + " hashes");
        }
        long channels = (long) streams * hiddenSize;
        if (channels > Fields.LARGEST_SIZE) {
            throw ngrams.malformed("streams", "makes " + channels + " channels");
        }
        return new NGramInputs(
                tables(ngrams, parameters),
                (int) (size / rows),
                longest,
                hashes,
                parameters.tensor(ngrams.text("multipliers")),
                parameters.tensor(ngrams.text("sizes")),
                parameters.tensor(ngrams.text("offsets")),
                end(ngrams),
                parameters.linear(ngrams.object("key"), size, (int) channels),
                parameters.linear(ngrams.object("value"), size, hiddenSize),
                parameters.norm(ngrams.object("keyNorm"), hiddenSize, streams),
                parameters.norm(ngrams.object("streamNorm"), hiddenSize, streams),
                parameters.norm(ngrams.object("valueNorm"), hiddenSize, streams),
                parameters.tensor(ngrams.text("kernel")),
                ngrams.positiveInteger("length"),
                streams);
    }

    /** The table as a whole, or its parts up to the last that is stored. */
    private static List<String> tables(Fields ngrams, ParameterReader parameters) {
        String whole = parameters.tensor(ngrams.text("table"));
        int parts = ngrams.positiveInteger("parts");
        if (parameters.tensors().contains(whole)) {
            return List.of(whole);
        }
        if (parts > MOST_PARTS) {
            throw ngrams.malformed("parts", "is " + parts + ", more than " + MOST_PARTS);
        }
        List<String> names = IntStream.range(0, parts)
                .mapToObj(part -> parameters.tensor(ngrams.text("part").replace("{part}", Integer.toString(part))))
                .toList();
        int last = IntStream.range(0, parts)
                .filter(part -> parameters.tensors().contains(names.get(part)))
                .max()
                .orElse(parts - 1);
        return names.subList(0, last + 1);
    }

    /** The token that ends texts, the first where there are several. */
    private static int end(Fields ngrams) {
        JsonNode token = ngrams.value("end").orElseThrow(() -> ngrams.malformed("end", "is missing"));
        JsonNode first = token.isArray() ? token.path(0) : token;
        if (!first.canConvertToInt() || first.intValue() < 0) {
            throw ngrams.malformed("end", "is " + Config.written(token) + " where a token is needed");
        }
        return first.intValue();
    }

    private InputConvolution convolution(Fields convolution) {
        int length = convolution.positiveInteger("length");
        int groups = convolution.positiveInteger("groups");
        if (length % 2 == 0 || length > LONGEST_CONVOLUTION) {
            throw convolution.malformed("length", "is " + length + ", not an odd number up to " + LONGEST_CONVOLUTION);
        }
        if (hiddenSize % groups != 0) {
            throw convolution.malformed(
                    "groups", "is " + groups + ", which does not divide the hidden size " + hiddenSize);
        }
        return new InputConvolution(
                model.tensor(convolution.text("tensor") + ".weight"),
                model.tensor(convolution.text("tensor") + ".bias"),
                length,
                groups,
                FeedForwardReader.activation(convolution, model).function(),
                model.norm(convolution.object("norm"), hiddenSize));
    }

    private LayerInputs.Reading inputs(Fields inputs, ParameterReader parameters) {
        int size = inputs.positiveInteger("size");
        return new LayerInputs.Reading(
                parameters.linear(inputs.object("gate"), hiddenSize, size),
                FeedForwardReader.activation(inputs, parameters),
                parameters.linear(inputs.object("projection"), size, hiddenSize),
                parameters.norm(inputs.object("norm"), hiddenSize));
    }

    /** The kind of token mixer that there is in a layer: the first whose condition holds. */
    private static Optional<String> mixer(Fields fields) {
        return MIXERS.stream()
                .filter(kind -> fields.optionalObject(kind)
                        .filter(mixer -> mixer.holds("when"))
                        .isPresent())
                .findFirst();
    }

    private LowRank lowRank(Fields lowRank, ParameterReader parameters) {
        int rank = lowRank.positiveInteger("rank");
        return new LowRank(
                parameters.linear(lowRank.object("narrow"), hiddenSize, rank),
                parameters.linear(lowRank.object("widen"), rank, hiddenSize),
                parameters.norm(lowRank.object("innerNorm"), hiddenSize));
    }

    private AltUp.Coefficients altUp(Fields altUp, ParameterReader parameters) {
        int streams = altUp.positiveInteger("streams");
        return new AltUp.Coefficients(
                parameters.norm(altUp.object("norm"), hiddenSize),
                parameters.names(List.of(altUp.text("router"))).get(0),
                altUp.number("scale", 1),
                parameters.names(List.of(altUp.text("coefficients"))).get(0),
                parameters.names(List.of(altUp.text("corrections"))).get(0),
                altUp.optionalText("inputScale")
                        .map(name -> parameters.names(List.of(name)).get(0)),
                streams,
                hiddenSize);
    }

    private SideBySide sideBySide(Fields several, ParameterReader parameters, int layer) {
        return new SideBySide(several.objects("parts").stream()
                .map(part -> {
                    String kind = mixer(part)
                            .orElseThrow(() -> new IllegalStateException("the description lacks a token mixer"));
                    return new SideBySide.Part(
                            mixer(kind, part.object(kind), parameters, layer),
                            part.number("inputScale", 1),
                            part.number("outputScale", 1),
                            parameters.optionalNorm(part, "normAfter", hiddenSize));
                })
                .toList());
    }

    private TokenMixer mixer(String kind, Fields mixer, ParameterReader parameters, int layer) {
        return switch (kind) {
            case "convolution" -> new TokenMixerReader(mixer, parameters, hiddenSize).convolution();
            case "lightningAttention" ->
                new TokenMixerReader(mixer, parameters, hiddenSize).lightningAttention(layer, layers);
            case "linearRecurrence" -> new LinearRecurrenceReader(mixer, parameters, hiddenSize).read();
            case "lowRank" -> lowRank(mixer, parameters);
            case "sideBySide" -> sideBySide(mixer, parameters, layer);
            case "mixtureOfHeads" -> new TokenMixerReader(mixer, parameters, hiddenSize).mixtureOfHeads(this::rotary);
            default ->
                new AttentionReader(
                                mixer,
                                parameters,
                                new RelativePositionsReader(parameters, model, hiddenSize, contextLength),
                                hiddenSize,
                                layer,
                                this::rotary)
                        .read();
        };
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
                part.optionalText("skipScales")
                        .map(name -> parameters.names(List.of(name)).get(0)),
                part.number("outputScale", 1),
                part.optionalText("outputScaleTensor")
                        .map(name -> parameters.names(List.of(name)).get(0)),
                parameters.optionalConvolution(part, "outputConvolution", hiddenSize),
                hiddenSize);
    }
}
