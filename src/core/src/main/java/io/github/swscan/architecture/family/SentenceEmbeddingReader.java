package io.github.swscan.architecture.family;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.github.swscan.architecture.Activation;
import io.github.swscan.architecture.Linear;
import io.github.swscan.architecture.Linear.Layout;
import io.github.swscan.architecture.SentenceEmbedding;
import io.github.swscan.architecture.SentenceEmbedding.Pooling;
import io.github.swscan.checkpoint.SentenceModules;
import io.github.swscan.input.ByteSource;
import io.github.swscan.input.InputException;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.MissingInputException;
import io.github.swscan.input.PrintableText;
import io.github.swscan.input.Repository;
import io.github.swscan.input.UnsupportedInputException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** Reads what stands behind the transformer in a folder of sentence-transformers: pooling, dense layers, normalization. */
public final class SentenceEmbeddingReader {

    private static final String PACKAGE = "sentence_transformers.";
    private static final String VECTOR = "sentence_embedding";

    /** More than are ever taken together. */
    private static final int MOST_POOLINGS = 64;

    /** More than any such vector has channels. */
    private static final int LARGEST_SIZE = 1 << 20;

    /** The options of a pooling, in the order in which several results stand one after the other. */
    private static final Map<String, Pooling> POOLINGS = poolings();

    private final SentenceModules modules;
    private final UnaryOperator<ByteSource> watched;

    private SentenceEmbeddingReader(SentenceModules modules, UnaryOperator<ByteSource> watched) {
        this.modules = modules;
        this.watched = watched;
    }

    private static Map<String, Pooling> poolings() {
        Map<String, Pooling> poolings = new LinkedHashMap<>();
        poolings.put("cls_token", Pooling.FIRST);
        poolings.put("max_tokens", Pooling.MAXIMUM);
        poolings.put("mean_tokens", Pooling.MEAN);
        poolings.put("mean_sqrt_len_tokens", Pooling.SUM_BY_ROOT);
        poolings.put("weightedmean_tokens", Pooling.WEIGHTED_MEAN);
        poolings.put("lasttoken", Pooling.LAST);
        return poolings;
    }

    /**
     * Reads the modules. The tensors of those that have some are named {@code FOLDER/NAME}.
     *
     * @param transformer where the transformer's own files are
     * @param watched has a source looked at again when the model was read
     * @param hiddenSize width of the last hidden state
     * @throws InputException if they are malformed
     * @throws UnsupportedInputException if they compute something that is not supported
     */
    public static SentenceEmbedding read(
            SentenceModules modules, Repository transformer, UnaryOperator<ByteSource> watched, int hiddenSize) {
        return new SentenceEmbeddingReader(modules, watched).read(transformer, hiddenSize);
    }

    /** The names of the folders that hold tensors. */
    public static Stream<SentenceModules.Entry> withTensors(SentenceModules modules) {
        return modules.modules().stream().filter(module -> module.kind().equals("Dense"));
    }

    private SentenceEmbedding read(Repository transformer, int hiddenSize) {
        List<SentenceModules.Entry> entries = modules.modules();
        requireKind(0, "Transformer");
        requireKind(1, "Pooling");
        List<Pooling> poolings = pooling(entries.get(1), hiddenSize);
        int size = Math.multiplyExact(poolings.size(), hiddenSize);
        List<SentenceEmbedding.Step> steps = new ArrayList<>();
        for (int i = 2; i < entries.size(); i++) {
            SentenceModules.Entry entry = entries.get(i);
            if (isOf(entry, "Dense")) {
                SentenceEmbedding.Dense dense = dense(entry, size);
                steps.add(dense);
                size = dense.linear().outputs();
            } else if (isOf(entry, "Normalize")) {
                optionalConfig(entry).ifPresent(this::requireVector);
                steps.add(new SentenceEmbedding.Normalized());
            } else {
                throw notSupported(i);
            }
        }
        return new SentenceEmbedding(poolings, steps, longestText(transformer));
    }

    private static boolean isOf(SentenceModules.Entry entry, String kind) {
        return entry.type().startsWith(PACKAGE) && entry.kind().equals(kind);
    }

    private void requireKind(int place, String kind) {
        if (place >= modules.modules().size()) {
            throw new UnsupportedInputException(modules.file(), "", "lists no " + kind, "");
        }
        if (!isOf(modules.modules().get(place), kind)) {
            throw notSupported(place);
        }
    }

    private UnsupportedInputException notSupported(int place) {
        return new UnsupportedInputException(
                modules.file(),
                "module " + place,
                PrintableText.quoted(modules.modules().get(place).type()) + " is not supported in this place",
                "");
    }

    private Config config(SentenceModules.Entry entry) {
        return optionalConfig(entry)
                .orElseThrow(() -> new MissingInputException(
                        modules.file(),
                        PrintableText.quoted(entry.path()),
                        "is a module whose config.json is missing",
                        "download the whole folder"));
    }

    private Optional<Config> optionalConfig(SentenceModules.Entry entry) {
        return modules.folder(entry)
                .flatMap(folder -> folder.find("config.json").map(folder::source))
                .map(watched)
                .map(Config::read);
    }

    /** Its modes: {@code pooling_mode} with one or several names, or a switch for each; without any of them the mean. */
    private List<Pooling> pooling(SentenceModules.Entry entry, int hiddenSize) {
        Config config = config(entry);
        Stream.of("embedding_dimension", "word_embedding_dimension")
                .map(config.options()::path)
                .filter(given -> !given.isMissingNode() && !given.equals(IntNode.valueOf(hiddenSize)))
                .findFirst()
                .ifPresent(given -> {
                    throw new MalformedInputException(
                            config.file(),
                            "embedding_dimension",
                            "is " + Config.written(given) + ", but the hidden states have " + hiddenSize + " channels",
                            "");
                });
        JsonNode named = config.options().path("pooling_mode");
        if (!named.isMissingNode()) {
            JsonNode modes = named.isArray()
                    ? named
                    : JsonNodeFactory.instance.arrayNode().add(named);
            if (modes.isEmpty() || modes.size() > MOST_POOLINGS) {
                throw new MalformedInputException(
                        config.file(), "pooling_mode", "does not name from 1 to " + MOST_POOLINGS + " modes", "");
            }
            return StreamSupport.stream(modes.spliterator(), false)
                    .map(mode -> poolingNamed(config, mode))
                    .toList();
        }
        List<Pooling> switched = POOLINGS.entrySet().stream()
                .filter(mode -> flag(config, "pooling_mode_" + mode.getKey(), false))
                .map(Map.Entry::getValue)
                .toList();
        return switched.isEmpty() ? List.of(Pooling.MEAN) : switched;
    }

    private static Pooling poolingNamed(Config config, JsonNode mode) {
        return POOLINGS.entrySet().stream()
                .filter(known -> mode.asText().equals(known.getKey())
                        || mode.asText().equals(known.getKey().replaceFirst("(?<!len)_tokens?$", "")))
                .findFirst()
                .map(Map.Entry::getValue)
                .orElseThrow(() -> new UnsupportedInputException(
                        config.file(), "pooling_mode", Config.written(mode) + " is not supported", ""));
    }

    private SentenceEmbedding.Dense dense(SentenceModules.Entry entry, int inputs) {
        Config config = config(entry);
        requireVector(config);
        if (flag(config, "use_residual", false)) {
            throw new UnsupportedInputException(config.file(), "use_residual", "the value true is not supported", "");
        }
        if (size(config, "in_features") != inputs) {
            throw new MalformedInputException(
                    config.file(), "in_features", "is not " + inputs + ", as many as come out before", "");
        }
        String tensor = entry.path() + "/linear.";
        return new SentenceEmbedding.Dense(
                new Linear(
                        tensor + "weight",
                        flag(config, "bias", true) ? Optional.of(tensor + "bias") : Optional.empty(),
                        Layout.OUTPUT_BY_INPUT,
                        inputs,
                        size(config, "out_features"),
                        Optional.empty()),
                activation(config));
    }

    private static Activation.Function activation(Config config) {
        JsonNode named = config.options().path("activation_function");
        return switch (named.asText("torch.nn.modules.activation.Tanh")) {
            case "torch.nn.modules.activation.Tanh" -> Activation.Function.TANH;
            case "torch.nn.modules.linear.Identity" -> Activation.Function.LINEAR;
            case "torch.nn.modules.activation.GELU" -> Activation.Function.GELU;
            case "torch.nn.modules.activation.ReLU" -> Activation.Function.RELU;
            case "torch.nn.modules.activation.SiLU" -> Activation.Function.SILU;
            case "torch.nn.modules.activation.Sigmoid" -> Activation.Function.SIGMOID;
            default ->
                throw new UnsupportedInputException(
                        config.file(), "activation_function", Config.written(named) + " is not supported", "");
        };
    }

    /** A module may be told to read or write something else than the vector of the text. */
    private void requireVector(Config config) {
        for (String option : List.of("module_input_name", "module_output_name")) {
            JsonNode name = config.options().path(option);
            if (!name.isMissingNode() && !name.isNull() && !name.asText().equals(VECTOR)) {
                throw new UnsupportedInputException(
                        config.file(), option, "the value " + Config.written(name) + " is not supported", "");
            }
        }
    }

    private static boolean flag(Config config, String option, boolean otherwise) {
        JsonNode value = config.options().path(option);
        if (!value.isMissingNode() && !value.isBoolean()) {
            throw new MalformedInputException(
                    config.file(), option, "is " + Config.written(value) + " where true or false is needed", "");
        }
        return value.asBoolean(otherwise);
    }

    private static int size(Config config, String option) {
        JsonNode value = config.options().path(option);
        if (!value.isInt() || value.intValue() < 1 || value.intValue() > LARGEST_SIZE) {
            throw new MalformedInputException(
                    config.file(),
                    option,
                    "is " + Config.written(value) + " where a positive whole number is needed",
                    "");
        }
        return value.intValue();
    }

    /** {@code max_seq_length}, beside the transformer's own files. */
    private OptionalInt longestText(Repository transformer) {
        return transformer.names().stream()
                .filter(file -> file.getFileName().toString().matches("sentence_[a-z-]+_config\\.json"))
                .map(transformer::source)
                .map(watched)
                .map(Config::read)
                .map(config -> config.options().path("max_seq_length"))
                .filter(length -> length.isInt() && length.intValue() > 0)
                .mapToInt(JsonNode::intValue)
                .findFirst();
    }
}
