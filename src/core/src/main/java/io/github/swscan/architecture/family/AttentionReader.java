package io.github.swscan.architecture.family;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.swscan.architecture.Alibi;
import io.github.swscan.architecture.Attention;
import io.github.swscan.architecture.Attention.Part;
import io.github.swscan.architecture.Attention.Scores;
import io.github.swscan.architecture.Attention.Visibility;
import io.github.swscan.architecture.Bottleneck;
import io.github.swscan.architecture.Compressor;
import io.github.swscan.architecture.Linear;
import io.github.swscan.architecture.Norm;
import io.github.swscan.architecture.Rotary;
import io.github.swscan.architecture.TokenMixer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

/** Reads the attention of one block from a description. */
final class AttentionReader {

    private final Fields attention;
    private final ParameterReader parameters;
    private final RelativePositionsReader relativePositions;
    private final int hiddenSize;
    private final int layer;
    private final BiFunction<Fields, Integer, Rotary> rotaries;
    private final int heads;
    private final int keyValueHeads;
    private final int inputSize;

    /** @param rotaries reads rotary positions for heads of a size */
    AttentionReader(
            Fields attention,
            ParameterReader parameters,
            RelativePositionsReader relativePositions,
            int hiddenSize,
            int layer,
            BiFunction<Fields, Integer, Rotary> rotaries) {
        this.attention = attention;
        this.parameters = parameters;
        this.relativePositions = relativePositions;
        this.hiddenSize = hiddenSize;
        this.rotaries = rotaries;
        this.layer = layer;
        this.heads = attention.positiveInteger("heads");
        this.keyValueHeads = attention.optionalPositiveInteger("keyValueHeads").orElse(heads);
        this.inputSize = attention.optionalPositiveInteger("inputSize").orElse(hiddenSize);
        if (heads % keyValueHeads != 0) {
            throw attention.malformed(
                    "keyValueHeads",
                    "is " + keyValueHeads + ", which does not divide the " + heads + " attention heads");
        }
    }

    TokenMixer read() {
        int headSize = headSize();
        int valueSize = attention.optionalPositiveInteger("valueSize").orElse(headSize);
        int queries = channels(heads, headSize);
        int keys = channels(keyValueHeads, headSize);
        Optional<Rotary> rotary = attention.optionalObject("rotary").map(fields -> rotaries.apply(fields, headSize));
        List<Linear> groups = attention
                .optionalObject("outputGroups")
                .map(given -> groups(given, channels(heads, valueSize)))
                .orElse(List.of());
        return new Attention(
                heads,
                keyValueHeads,
                headSize,
                valueSize,
                projections(headSize, valueSize, channels(gateInQuery() ? 2 : 1, queries), keys),
                attention.optionalPositiveNumber("clip"),
                parameters.optionalConvolution(attention, "keyConvolution", keys),
                parameters.optionalConvolution(attention, "valueConvolution", channels(keyValueHeads, valueSize)),
                attention.optionalObject("queryNorm").map(norm -> headNorm(norm, heads, headSize)),
                ownKeys()
                        .flatMap(own -> own.optionalObject("keyNorm"))
                        .map(norm -> headNorm(norm, keyValueHeads, headSize)),
                attention.optionalObject("valueNorm").map(norm -> headNorm(norm, keyValueHeads, valueSize)),
                attention.number("valueScale", 1),
                attention.flag("normsRotated", false),
                rotary,
                scores(headSize, queries, rotary.map(Rotary::scoreFactor).orElse(1.0)),
                attention
                        .optionalObject("keyScores")
                        .map(given -> new Attention.KeyScores(
                                parameters.linear(
                                        given.object("step"), channels(keyValueHeads, valueSize), keyValueHeads),
                                parameters.names(List.of(given.text("rate"))).get(0),
                                given.positiveInteger("kept"))),
                attention.optionalObject("sparse").map(this::sparse),
                attention
                        .optionalObject("compressed")
                        .map(given -> new Attention.Compressed(
                                compressor(given, headSize),
                                given.optionalObject("indexer").map(indexer -> indexer(indexer, false)))),
                attention.optionalObject("difference").map(difference -> difference(difference, valueSize)),
                parameters.optionalNorm(attention, "innerNorm", channels(heads, valueSize)),
                attention.optionalObject("gate").map(gate -> gate(gate, valueSize)),
                groups,
                parameters.linear(
                        attention.object("output"),
                        groups.isEmpty()
                                ? channels(heads, valueSize)
                                : channels(groups.size(), groups.get(0).outputs()),
                        hiddenSize));
    }

    /** The description, where keys are the layer's own. */
    private Optional<Fields> ownKeys() {
        return Optional.of(attention).filter(own -> !own.has("reused"));
    }

    private Attention.Sparse sparse(Fields sparse) {
        if (sparse.flag("sameTokens", false)) {
            return new Attention.SameTokens();
        }
        return indexer(sparse, sparse.has("length"));
    }

    private Attention.Indexer indexer(Fields indexer, boolean endedOnly) {
        int indexHeads = indexer.positiveInteger("heads");
        int size = indexer.positiveInteger("size");
        Compressor keys = compressor(indexer, size);
        int own = keys.key().isPresent() ? 0 : size;
        return new Attention.Indexer(
                indexHeads,
                size,
                indexer.positiveInteger("count"),
                parameters.linear(
                        indexer.object("query"),
                        indexer.optionalPositiveInteger("queryRank").orElse(hiddenSize),
                        channels(1, channels(indexHeads, size) + (long) own)),
                indexer.optionalObject("queryNorm").map(norm -> parameters.norm(norm, size)),
                keys,
                indexer.optionalObject("weights").map(weights -> parameters.linear(weights, hiddenSize, indexHeads)),
                endedOnly);
    }

    /** @param size channels of a key */
    private Compressor compressor(Fields compressor, int size) {
        boolean overlapping = compressor.flag("overlapping", false);
        int outputs = channels(overlapping ? 2 : 1, size);
        return new Compressor(
                compressor.optionalObject("key").map(key -> parameters.linear(key, hiddenSize, outputs)),
                compressor
                        .optionalObject("shares")
                        .map(shares -> new Compressor.Shares(
                                parameters.linear(shares, hiddenSize, outputs),
                                parameters.tensor(shares.text("places")),
                                overlapping)),
                compressor.optionalPositiveInteger("length").orElse(1),
                parameters.norm(compressor.object("keyNorm"), size),
                rotaries.apply(compressor.object("rotary"), size));
    }

    /** The maps of groups of heads, if there are any. */
    private List<Linear> groups(Fields groups, int channels) {
        int count = groups.positiveInteger("count");
        int size = groups.positiveInteger("size");
        if (channels % count != 0) {
            throw groups.malformed(
                    "count", "is " + count + ", which does not divide the " + channels + " channels of all heads");
        }
        channels(count, size);
        return IntStream.range(0, count)
                .mapToObj(group -> parameters.linear(
                        groups, channels / count, size, Optional.of(new Linear.Stack(group, count, true))))
                .toList();
    }

    /** The last layer of this one's type of those that make keys and values. */
    private int source(Fields reused) {
        int first = reused.naturalNumber("before");
        JsonNode types = reused.value("layerTypes").orElseThrow(() -> reused.malformed("layerTypes", "is missing"));
        for (int other = Math.min(first, layer) - 1; other >= 0; other--) {
            if (types.path(other).equals(types.path(layer))) {
                return other;
            }
        }
        throw reused.malformed(
                "layerTypes", "has no layer before " + first + " whose keys and values layer " + layer + " could have");
    }

    /** Whether the query projection gives a gate behind each head's query. */
    private boolean gateInQuery() {
        return attention
                .optionalObject("gate")
                .filter(gate -> gate.flag("inQuery", false))
                .isPresent();
    }

    private Attention.Gate gate(Fields gate, int valueSize) {
        int outputs = gate.flag("perHead", false) ? heads : channels(heads, valueSize);
        return new Attention.Gate(
                gateInQuery() ? Optional.empty() : Optional.of(parameters.linear(gate, hiddenSize, outputs)),
                FeedForwardReader.activation(gate, parameters));
    }

    private int headSize() {
        return attention.optionalPositiveInteger("headSize").orElseGet(() -> {
            if (hiddenSize % heads != 0) {
                throw attention.malformed(
                        "heads", "is " + heads + ", which does not divide the hidden size " + hiddenSize);
            }
            return hiddenSize / heads;
        });
    }

    private Attention.Projections projections(int headSize, int valueSize, int queries, int keys) {
        Optional<Fields> fused = attention.optionalObject("queryKeyValue");
        if (fused.isPresent()) {
            return fused(fused.get(), queries, keys);
        }
        Optional<Fields> latent = attention.optionalObject("latent");
        if (latent.isPresent()) {
            return latent(latent.get(), headSize, valueSize, queries);
        }
        Optional<Fields> shared = attention.optionalObject("shared");
        if (shared.isPresent()) {
            return shared(shared.get(), queries, keys);
        }
        Optional<Fields> reused = attention.optionalObject("reused");
        if (reused.isPresent()) {
            return new Attention.Reused(
                    parameters.linear(attention.object("query"), hiddenSize, queries), source(reused.get()));
        }
        int values = channels(keyValueHeads, valueSize);
        return new Attention.Separate(
                parameters.linear(attention.object("query"), inputSize, queries),
                parameters.linear(attention.object("key"), inputSize, keys),
                parameters.linear(attention.object("value"), inputSize, values),
                attention
                        .optionalObject("adapters")
                        .map(adapters -> new Attention.Adapters(
                                adapter(adapters, "query", queries),
                                adapter(adapters, "key", keys),
                                adapter(adapters, "value", values))));
    }

    private Bottleneck adapter(Fields adapters, String part, int outputs) {
        return parameters.bottleneck(adapters.object(part), inputSize, adapters.positiveInteger("size"), outputs);
    }

    private Attention.Fused fused(Fields fused, int queries, int keys) {
        int groups = fused.optionalPositiveInteger("groups").orElse(1);
        if (heads % groups != 0 || keyValueHeads % groups != 0) {
            throw attention.malformed(
                    "heads",
                    "is " + heads + ", which cannot be spread over " + groups + " groups of a fused projection");
        }
        List<Part> order = fused.texts("order").stream()
                .map(part -> switch (part) {
                    case "query" -> Part.QUERY;
                    case "key" -> Part.KEY;
                    case "value" -> Part.VALUE;
                    default -> throw new IllegalStateException("unknown part " + part);
                })
                .toList();
        return new Attention.Fused(
                parameters.linear(fused, hiddenSize, channels(1, queries + 2L * keys)),
                groups,
                order.isEmpty() ? List.of(Part.QUERY, Part.KEY, Part.VALUE) : order);
    }

    private Attention.Latent latent(Fields latent, int headSize, int valueSize, int queries) {
        int keyValueRank = latent.positiveInteger("keyValueRank");
        int rotarySize = latent.positiveInteger("rotarySize");
        OptionalInt queryRank = latent.optionalPositiveInteger("queryRank");
        Optional<Fields> queryDown = queryRank.isPresent() ? latent.optionalObject("queryDown") : Optional.empty();
        return new Attention.Latent(
                queryDown.map(down -> parameters.linear(down, hiddenSize, queryRank.getAsInt())),
                queryDown.map(down -> parameters.norm(latent.object("queryDownNorm"), queryRank.getAsInt())),
                parameters.linear(
                        latent.object(queryDown.isPresent() ? "queryUp" : "query"),
                        queryDown.isPresent() ? queryRank.getAsInt() : hiddenSize,
                        queries),
                parameters.linear(latent.object("keyValueDown"), hiddenSize, keyValueRank + rotarySize),
                parameters.norm(latent.object("keyValueDownNorm"), keyValueRank),
                latent.number("narrowScale", 1),
                parameters.linear(
                        latent.object("keyValueUp"),
                        keyValueRank,
                        channels(heads, (long) headSize - rotarySize + valueSize)));
    }

    private Attention.Shared shared(Fields shared, int queries, int keys) {
        int rank = shared.positiveInteger("queryRank");
        return new Attention.Shared(
                parameters.linear(shared.object("queryDown"), hiddenSize, rank),
                parameters.norm(shared.object("queryDownNorm"), rank),
                parameters.linear(shared.object("queryUp"), rank, queries),
                parameters.linear(shared.object("keyValue"), hiddenSize, keys));
    }

    /** A norm over each head, or over all heads together. */
    private Norm headNorm(Fields norm, int count, int headSize) {
        return norm.flag("overAllHeads", false)
                ? parameters.norm(norm, channels(count, headSize))
                : parameters.norm(norm, headSize, count);
    }

    private Attention.Difference difference(Fields difference, int valueSize) {
        if (heads % 2 != 0) {
            throw attention.malformed("heads", "is " + heads + ", but heads come in pairs");
        }
        return new Attention.Difference(
                parameters.names(difference.texts("factors")),
                Attention.Difference.initial(layer),
                parameters.norm(difference.object("norm"), channels(2, valueSize)));
    }

    private Scores scores(int headSize, int queries, double factor) {
        Optional<Fields> disentangled = attention.optionalObject("disentangled");
        double standard = disentangled
                .map(fields -> relativePositions.scale(fields, headSize))
                .orElseGet(() -> 1 / Math.sqrt(headSize));
        double scale = factor * attention.number("scale", standard);
        return new Scores(
                visibility(),
                attention.flag("scaleByLayer", false) ? scale / (layer + 1) : scale,
                attention.optionalObject("window").map(this::window).orElse(OptionalInt.empty()),
                attention
                        .optionalObject("window")
                        .filter(window -> window.flag("chunked", false))
                        .isPresent(),
                attention.optionalPositiveNumber("softCap"),
                attention
                        .optionalObject("alibi")
                        .map(alibi -> new Alibi(heads, alibi.number("scale", 1), alibi.flag("inBfloat16", false))),
                attention
                        .optionalObject("relativeBias")
                        .map(relativePositions::biases)
                        .or(() -> attention
                                .optionalObject("relativeProfiles")
                                .map(profiles -> relativePositions.profiles(profiles, heads)))
                        .or(() -> disentangled.flatMap(fields -> relativePositions.disentangled(fields, queries))),
                attention
                        .optionalText("sinks")
                        .map(name -> parameters.names(List.of(name)).get(0)),
                attention
                        .optionalObject("temperature")
                        .map(given -> new Attention.Temperature(
                                given.number("strength", 0),
                                given.positiveNumber("length"),
                                given.has("offset") ? given.naturalNumber("offset") : 0,
                                given.flag("inSteps", true))));
    }

    private Visibility visibility() {
        return switch (attention.optionalText("visibility").orElse("before")) {
            case "before" -> Visibility.BEFORE;
            case "all" -> Visibility.ALL;
            default -> throw new IllegalStateException("unknown visibility " + attention.text("visibility"));
        };
    }

    /**
     * The sliding window of this layer. Where {@code layerTypes} are given they decide; otherwise a layer has the window
     * if the condition {@code otherwise} holds. Where {@code full} names the types without a window, no others are known.
     */
    private OptionalInt window(Fields window) {
        OptionalInt size = window.optionalPositiveInteger("size");
        if (!window.has("layerTypes")) {
            return window.holds("otherwise") ? size : OptionalInt.empty();
        }
        String type = window.option("layerType");
        if (!window.texts("sliding").contains(type)) {
            if (window.has("full") && !window.texts("full").contains(type)) {
                throw window.unsupported("layerTypes", "the type \"" + type + "\" of layer " + layer);
            }
            return OptionalInt.empty();
        }
        if (size.isEmpty()) {
            throw window.malformed("layerTypes", "layer " + layer + " is " + type + ", but there is no sliding window");
        }
        return size;
    }

    private int channels(int count, long size) {
        long channels = count * size;
        if (size < 1 || channels > Integer.MAX_VALUE) {
            throw attention.malformed("heads", "makes an attention of " + channels + " channels");
        }
        return (int) channels;
    }
}
