package io.github.swscan.architecture.family;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.github.swscan.architecture.Activation;
import io.github.swscan.architecture.AltUp;
import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Attention;
import io.github.swscan.architecture.Block;
import io.github.swscan.architecture.Embedding;
import io.github.swscan.architecture.Embedding.Projected;
import io.github.swscan.architecture.Head;
import io.github.swscan.architecture.HyperConnections;
import io.github.swscan.architecture.LayerInputs;
import io.github.swscan.architecture.Linear;
import io.github.swscan.architecture.Linear.Layout;
import io.github.swscan.architecture.Objective;
import io.github.swscan.architecture.Quantization;
import io.github.swscan.architecture.ResidualStreams;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.UnsupportedInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** Turns a family's description and a checkpoint's config.json into an {@link Architecture}. */
final class ArchitectureReader {

    /** More blocks than any model has: what a damaged config.json asks for is refused before it fills the memory. */
    static final int MAX_BLOCKS = 10_000;

    /** So many blocks or MLPs may be described without regard to the files, whose missing tensors are told by name. */
    private static final int ALWAYS_DESCRIBED = 1000;

    /** More residual streams than any model has. */
    private static final int MOST_STREAMS = 64;

    /** More experts than any model has in all its blocks. */
    static final int MAX_EXPERTS = 100_000;

    private static final String PER_LAYER = "per_layer_config";

    /** An option that any family may have and that changes what it computes, with the one value that is supported. */
    private record Only(String option, JsonNode value) {}

    private static final List<Only> ONLY = List.of(
            new Only("is_encoder_decoder", BooleanNode.FALSE),
            new Only("add_cross_attention", BooleanNode.FALSE),
            new Only("pruned_heads", JsonNodeFactory.instance.objectNode()),
            new Only(PER_LAYER, JsonNodeFactory.instance.objectNode()));

    private final Fields family;
    private final JsonNode description;
    private final Config config;
    private final Set<String> tensors;
    private final Optional<String> whole;
    private final Optional<Quantization> quantization;
    private final int hiddenSize;
    private final int contextLength;
    private final ParameterReader parameters;

    /**
     * @param whole the family of the larger model that this is the text part of
     * @param quantization what config.json says of it
     */
    ArchitectureReader(
            JsonNode description,
            Config config,
            Set<String> tensors,
            Optional<String> whole,
            Optional<Quantization> quantization) {
        this.whole = whole;
        this.quantization = quantization;
        this.description = description;
        this.config = config;
        this.tensors = tensors;
        this.family = Fields.of(description, config);
        refuseUnsupportedOptions();
        this.hiddenSize = family.positiveInteger("hiddenSize");
        this.contextLength = family.positiveInteger("contextLength");
        this.parameters = new ParameterReader(prefix(), tensors);
    }

    Architecture read() {
        int vocabularySize = family.positiveInteger("vocabularySize");
        Embedding embedding = embedding(family.object("embedding"), vocabularySize);
        return new Architecture(
                family.text("family"),
                whole,
                hiddenSize,
                vocabularySize,
                contextLength,
                objective(),
                embedding,
                blocks(),
                streams(),
                parameters.optionalNorm(family, "finalNorm", hiddenSize),
                head(family.object("head"), embedding),
                Optional.empty(),
                quantization);
    }

    private Optional<ResidualStreams> streams() {
        return family.optionalObject("altUp")
                .<ResidualStreams>map(this::altUp)
                .or(() -> family.optionalObject("hyperConnections").map(this::hyperConnections));
    }

    private HyperConnections hyperConnections(Fields connections) {
        int streams = connections.positiveInteger("streams");
        requireFewStreams(connections, streams);
        return new HyperConnections(
                streams, parameters.connection(connections.object("leave"), streams, hiddenSize, true));
    }

    private static void requireFewStreams(Fields fields, int streams) {
        if (streams > MOST_STREAMS) {
            throw fields.malformed("streams", "is " + streams + ", more than " + MOST_STREAMS);
        }
    }

    private AltUp altUp(Fields altUp) {
        int streams = altUp.positiveInteger("streams");
        int active = altUp.naturalNumber("active");
        if (active >= streams) {
            throw altUp.malformed("active", "is " + active + ", but there are only " + streams + " streams");
        }
        requireFewStreams(altUp, streams);
        return new AltUp(streams, active, projections(altUp, "enter", streams), projections(altUp, "leave", streams));
    }

    private List<Linear> projections(Fields altUp, String field, int streams) {
        return IntStream.range(0, streams - 1)
                .mapToObj(stream -> parameters.linear(
                        altUp.object(field).text("tensor").replace("{stream}", Integer.toString(stream)),
                        hiddenSize,
                        hiddenSize))
                .toList();
    }

    private Objective objective() {
        return switch (family.optionalText("objective").orElse("next-token")) {
            case "next-token" -> Objective.NEXT_TOKEN;
            case "masked-token" -> Objective.MASKED_TOKEN;
            default -> throw new IllegalStateException("unknown objective " + family.text("objective"));
        };
    }

    private List<Block> blocks() {
        int count = family.positiveInteger("blocks");
        if (count > MAX_BLOCKS) {
            throw family.malformed("blocks", "is " + count + ", more than " + MAX_BLOCKS);
        }
        requireTensorsFor(count, "is " + count);
        BlockReader reader = new BlockReader(hiddenSize, contextLength, parameters, count);
        List<Block> blocks = new ArrayList<>();
        long experts = 0;
        long unstacked = 0;
        for (int layer = 0; layer < count; layer++) {
            blocks.add(reader.read(family.inLayer(layer).object("block"), layer));
            experts += blocks.get(layer).feedForward().mlps().count();
            if (experts > MAX_EXPERTS) {
                throw family.malformed("blocks", "is " + count + ", which makes more than " + MAX_EXPERTS + " experts");
            }
            unstacked += blocks.get(layer)
                    .feedForward()
                    .mlps()
                    .filter(mlp -> mlp.down().stack().isEmpty())
                    .count();
            requireTensorsFor(unstacked, "is " + count + ", which makes at least " + unstacked + " MLPs");
        }
        requireChosenTokens(blocks);
        if (experts == 0) {
            throw new UnsupportedInputException(
                    config.file(),
                    config.nameOf(family.optionName("blocks")),
                    "none of the " + count + " layers has an MLP: there is no down projection to scan",
                    "");
        }
        return blocks;
    }

    /** Tokens that an earlier layer has chosen must have been chosen by one. */
    private void requireChosenTokens(List<Block> blocks) {
        for (Block block : blocks) {
            if (block.mixer() instanceof Attention attention
                    && attention.sparse().isPresent()) {
                if (attention.indexer().isPresent()) {
                    return;
                }
                throw family.malformed("blocks", "has no layer that chooses tokens before layer " + block.layer());
            }
        }
    }

    /** Blocks and MLPs have tensors of their own, but for experts in a stack: a small file cannot ask for much. */
    private void requireTensorsFor(long parts, String problem) {
        if (!tensors.isEmpty() && parts > Math.max(ALWAYS_DESCRIBED, tensors.size())) {
            throw family.malformed("blocks", problem + ", more than there are tensors in the files: " + tensors.size());
        }
    }

    /** Options that change what the model computes and that are not described: refused by name. */
    private void refuseUnsupportedOptions() {
        ONLY.stream()
                .filter(only ->
                        !description.has("perLayerConfig") || !only.option().equals(PER_LAYER))
                .forEach(only -> refuseOthers(only.option(), List.of(only.value())));
        family.configured(PER_LAYER).ifPresent(this::refuseOtherPerLayerOptions);
        refuseOthers("is_causal", List.of(BooleanNode.valueOf(objective() == Objective.NEXT_TOKEN)));
        description.path("only").properties().forEach(rule -> refuseOthers(rule.getKey(), rule.getValue()));
    }

    /** What may differ between layers is what the description looks for there. */
    private void refuseOtherPerLayerOptions(JsonNode perLayer) {
        List<String> known = family.texts("perLayerConfig");
        perLayer.properties().forEach(layer -> layer.getValue().fieldNames().forEachRemaining(option -> {
            if (!known.contains(option)) {
                throw new UnsupportedInputException(
                        config.file(),
                        config.nameOf(PER_LAYER + "." + layer.getKey() + "." + option),
                        "an option of its own for a layer is not supported for the family " + family.text("family"),
                        "");
            }
        }));
    }

    /** A rule on {@code option[]} is for every entry of a list. */
    private void refuseOthers(String rule, Iterable<JsonNode> supported) {
        boolean forEntries = rule.endsWith("[]");
        String option = forEntries ? rule.substring(0, rule.length() - 2) : rule;
        family.configured(option).ifPresent(value -> {
            if (forEntries) {
                requireEntryForEachLayer(option, value);
                value.forEach(entry -> refuseUnless(contains(supported, entry), option, entry));
            } else {
                refuseUnless(contains(supported, value), option, value);
            }
        });
    }

    private void requireEntryForEachLayer(String option, JsonNode value) {
        int blocks = family.positiveInteger("blocks");
        if (!value.isArray() || value.size() != blocks) {
            throw new MalformedInputException(
                    config.file(),
                    config.nameOf(option),
                    "is not a list of " + blocks + " entries, one for each layer",
                    "");
        }
    }

    private void refuseUnless(boolean supported, String option, JsonNode value) {
        if (!supported) {
            String name = config.nameOf(option);
            String known = Config.written(value);
            throw new UnsupportedInputException(
                    config.file(),
                    name,
                    (name.equals(option)
                                    ? "the value " + known + " is"
                                    : "makes " + option + " " + known + ", which is")
                            + " not supported for the family " + family.text("family"),
                    "");
        }
    }

    private static boolean contains(Iterable<JsonNode> candidates, JsonNode value) {
        return StreamSupport.stream(candidates.spliterator(), false)
                .anyMatch(candidate -> Expressions.same(candidate, value));
    }

    /**
     * What tensor names begin with: as the family has it; nothing in checkpoints of the bare model, without a
     * language-modelling head; or more, where the model is a part of a larger one, or wrapped in a module.
     */
    private String prefix() {
        String full = family.text("prefix");
        Fields embedding = family.object("embedding");
        String table = embedding.text("tokens") + ".weight";
        if (tensors.contains(full + table) || tensors.isEmpty()) {
            return full;
        }
        if (tensors.contains(table)
                || embedding
                        .optionalText("otherTokens")
                        .filter(other -> tensors.contains(other + ".weight"))
                        .isPresent()) {
            return "";
        }
        return family.texts("otherPrefixes").stream()
                .filter(other -> tensors.contains(other + table))
                .findFirst()
                .or(() -> wrapped(full, table))
                .or(() -> wrapped("", table))
                .orElse(full);
    }

    /** What the names begin with where there is one table of token embeddings, under some longer name. */
    private Optional<String> wrapped(String prefix, String table) {
        List<String> tables = tensors.stream()
                .filter(name -> name.endsWith("." + prefix + table))
                .toList();
        return tables.size() == 1
                ? Optional.of(tables.get(0).substring(0, tables.get(0).length() - table.length()))
                : Optional.empty();
    }

    private Embedding embedding(Fields embedding, int vocabularySize) {
        int size = embedding.optionalPositiveInteger("size").orElse(hiddenSize);
        return new Embedding(
                table(embedding),
                vocabularySize,
                size,
                embedding.number("scale", 1),
                embedding
                        .optionalObject("projection")
                        .filter(projection -> size != hiddenSize || projection.flag("always", false))
                        .map(projection -> parameters.linear(projection, size, hiddenSize)),
                projected(embedding),
                embedding.objects("types").stream()
                        .map(types -> new Embedding.Types(
                                parameters.prefix() + types.text("tensor") + ".weight", types.positiveInteger("rows")))
                        .toList(),
                embedding.optionalObject("positions").map(this::positions),
                parameters.optionalNorm(
                        embedding, "norm", projected(embedding) == Projected.NORMED_SUM ? size : hiddenSize),
                embedding.optionalObject("layerInputs").map(this::layerInputs),
                placeholders(embedding, vocabularySize),
                embedding.optionalPositiveInteger("longestSequence"));
    }

    private static Optional<Embedding.Placeholders> placeholders(Fields embedding, int vocabularySize) {
        List<Integer> tokens = new ArrayList<>();
        embedding.value("placeholders").ifPresent(list -> list.forEach(token -> tokens.add(token.asInt(-1))));
        if (tokens.isEmpty()) {
            return Optional.empty();
        }
        int row = embedding.naturalNumber("placeholderRow");
        if (row >= vocabularySize) {
            throw embedding.malformed("placeholderRow", "is " + row + ", not in the vocabulary of " + vocabularySize);
        }
        return Optional.of(new Embedding.Placeholders(tokens, row));
    }

    private LayerInputs layerInputs(Fields inputs) {
        int layers = family.positiveInteger("blocks");
        int size = inputs.positiveInteger("size");
        long channels = (long) layers * size;
        if (channels > Fields.LARGEST_SIZE) {
            throw inputs.malformed("size", "makes inputs of " + channels + " channels");
        }
        return new LayerInputs(
                parameters.prefix() + inputs.text("table") + ".weight",
                inputs.positiveInteger("rows"),
                layers,
                size,
                inputs.number("tableScale", 1),
                parameters.linear(inputs.object("projection"), hiddenSize, (int) channels),
                inputs.number("projectionScale", 1),
                parameters.norm(inputs.object("norm"), size),
                inputs.number("scale", 1));
    }

    private static Projected projected(Fields embedding) {
        return switch (embedding.optionalText("projected").orElse("tokens")) {
            case "tokens" -> Projected.TOKENS;
            case "sum" -> Projected.SUM;
            case "normed-sum" -> Projected.NORMED_SUM;
            default -> throw new IllegalStateException("unknown place of the projection");
        };
    }

    /**
     * The table of token embeddings, under another name, or the name of the head where that shares it, where that is what is
     * stored.
     */
    private String table(Fields embedding) {
        String name = parameters.prefix() + embedding.text("tokens") + ".weight";
        Fields head = family.object("head");
        String shared = outerPrefix(head.text("tensor")) + head.text("tensor") + ".weight";
        return Stream.of(
                        embedding
                                .optionalText("otherTokens")
                                .map(other -> parameters.prefix() + other + ".weight")
                                .stream(),
                        head.flag("tied", false) ? Stream.of(shared) : Stream.<String>empty())
                .flatMap(names -> names)
                .filter(other -> !tensors.contains(name) && tensors.contains(other))
                .findFirst()
                .orElse(name);
    }

    private Embedding.Positions positions(Fields positions) {
        int offset = positions.has("offset") ? positions.naturalNumber("offset") : 0;
        return switch (positions.text("kind")) {
            case "learned" ->
                new Embedding.Learned(
                        parameters.prefix() + positions.text("tensor") + ".weight",
                        contextLength + offset,
                        offset,
                        positions.has("padding")
                                ? OptionalInt.of(positions.naturalNumber("padding"))
                                : OptionalInt.empty());
            case "sinusoidal" ->
                new Embedding.Sinusoidal(
                        offset,
                        positions.flag("lastIncluded", false),
                        positions.has("zero") ? OptionalInt.of(positions.naturalNumber("zero")) : OptionalInt.empty());
            default -> throw new IllegalStateException("unknown positions " + positions.text("kind"));
        };
    }

    /** Empty where the checkpoint stores none and does without: see {@link LanguageHead}. */
    private Optional<Head> head(Fields head, Embedding embedding) {
        Optional<Fields> transform = head.optionalObject("transform");
        if (transform.isPresent() && !tensors.isEmpty()) {
            // It has tensors of its own, whatever else is shared.
            String own = transform.get().text("tensor");
            return tensors.contains(outerPrefix(own) + own + ".weight")
                    ? Optional.of(describedHead(head, embedding))
                    : Optional.empty();
        }
        boolean tied = head.flag("tied", false);
        return LanguageHead.isAbsent(outerPrefix(head.text("tensor")) + head.text("tensor"), tied, tensors, config)
                ? Optional.empty()
                : Optional.of(describedHead(head, embedding));
    }

    private Head describedHead(Fields head, Embedding embedding) {
        Optional<Head.Transform> projection = embedding.size() == hiddenSize
                ? Optional.empty()
                : head.optionalObject("projection")
                        .map(given -> new Head.Transform(
                                parameters.linear(given, hiddenSize, embedding.size()),
                                Activation.Function.LINEAR,
                                Optional.empty()));
        Linear vocabulary = vocabulary(head, embedding);
        return new Head(
                head.optionalObject("transform")
                        .map(given -> transform(given, embedding.size()))
                        .or(() -> projection),
                vocabulary,
                Math.min(
                        vocabulary.outputs(),
                        head.optionalPositiveInteger("predicted").orElse(vocabulary.outputs())),
                head.flag("unitRows", false),
                head.number("scale", 1),
                head.optionalPositiveNumber("softCap"));
    }

    private Head.Transform transform(Fields transform, int size) {
        ParameterReader outside = new ParameterReader(outerPrefix(transform.text("tensor")), tensors);
        return new Head.Transform(
                outside.linear(transform, hiddenSize, size),
                FeedForwardReader.activation(transform, outside).function(),
                outside.optionalNorm(transform, "norm", size));
    }

    private Linear vocabulary(Fields head, Embedding embedding) {
        String beside = head.optionalObject("transform")
                .map(transform -> transform.text("tensor"))
                .orElse(head.text("tensor"));
        ParameterReader outside = new ParameterReader(outerPrefix(beside), tensors);
        int rows = head.optionalPositiveInteger("size").orElse(embedding.vocabularySize());
        if (rows > embedding.vocabularySize()) {
            throw head.malformed("size", "is " + rows + ", more than the vocabulary of " + embedding.vocabularySize());
        }
        Linear own = outside.linear(head, embedding.size(), rows);
        // A matrix of its own that is stored counts, whatever is said, as in transformers 5.
        return head.flag("tied", false) && !tensors.contains(own.weight())
                ? new Linear(
                        embedding.tokens(),
                        own.bias(),
                        Layout.OUTPUT_BY_INPUT,
                        embedding.size(),
                        rows,
                        Optional.empty())
                : own;
    }

    /** The head stands beside the model, within the larger model where there is one. */
    private String outerPrefix(String tensor) {
        String prefix = parameters.prefix();
        for (int end = prefix.length(); end > 0; end = prefix.lastIndexOf('.', end - 2) + 1) {
            if (tensors.contains(prefix.substring(0, end) + tensor + ".weight")) {
                return prefix.substring(0, end);
            }
        }
        return "";
    }
}
