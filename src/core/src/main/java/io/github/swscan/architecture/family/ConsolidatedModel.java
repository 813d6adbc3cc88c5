package io.github.swscan.architecture.family;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.UnsupportedInputException;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * The model of consolidated files and a {@code params.json}, as Meta's and Mistral's own programs read them, in the terms
 * of its family in the Hugging Face ecosystem. How the two layouts map onto families is data: one JSON file each, in the
 * folder {@code consolidated} beside this class, with the options of config.json and the parameters they come from, the
 * names of tensors, and what is stored in another way than the family's own checkpoints have it. Sources: {@code
 * models/llama3} of meta-llama/llama-models, mistralai/mistral-inference, and the conversion scripts of transformers.
 */
public final class ConsolidatedModel {

    /** What only Mistral's parameters have; Meta's programs calculate it. */
    private static final String FEED_FORWARD_SIZE = "hidden_dim";

    /** A matrix that model-parallel programs cut along its columns. */
    private static final String CUT = "layers.0.attention.wo.weight";

    static final String REMEDY = "scan the model as converted for Hugging Face transformers";

    /** The experts of a layer one below the other in one tensor, as the first files of Mixtral had them. */
    private static final Pattern STACKED_EXPERTS = Pattern.compile("layers\\.\\d+\\.block_sparse_moe\\.w\\d");

    private static final String OF_STACKED_EXPERTS = "storageOfStackedExperts";

    private static final JsonNode PIECES = Descriptions.resource("consolidated/pieces.json");
    private static final List<Pattern> ALONG_ROWS = patterns("alongRows");
    private static final List<Pattern> ALONG_COLUMNS = patterns("alongColumns");
    private static final List<Pattern> ALONG_EITHER = patterns("alongEither");
    private static final List<Pattern> IN_EACH_FILE = patterns("inEachFile");

    private ConsolidatedModel() {}

    /** Whether something is a {@code params.json}, whatever its name: not a config.json. */
    public static boolean isParams(Config config) {
        return config.options().has("dim");
    }

    /**
     * The model that parameters and tensors make.
     *
     * @param stored opened with {@link #joined}
     * @throws io.github.swscan.input.InputException naming what is missing, malformed or not supported
     */
    public static TranslatedModel of(Config params, Checkpoint stored) {
        JsonNode layout = layout(params.options().hasNonNull(FEED_FORWARD_SIZE) ? "mistral" : "meta");
        refuseUnknown(params, layout);
        Config config = new ConsolidatedConfig(params, layout, stored).config();
        requireAllFiles(config, stored);
        int experts = Math.min(config.options().path("num_local_experts").asInt(), ArchitectureReader.MAX_EXPERTS);
        boolean stacked = layout.has(OF_STACKED_EXPERTS)
                && stored.tensors().keySet().stream()
                        .anyMatch(name -> STACKED_EXPERTS.matcher(name).matches());
        return new TranslatedModel(
                config,
                stored.renamed(
                        new TensorNames(layout.get("tensors"), experts, List.of(".weight", ".bias"))::familyNames),
                stacked
                        ? Descriptions.merged(layout.get("storage"), layout.get(OF_STACKED_EXPERTS))
                        : layout.get("storage"),
                Stream.of("vision_encoder", "multimodal")
                        .filter(params.options()::hasNonNull)
                        .map(part -> "multimodal")
                        .findFirst());
    }

    /** The last files may be missing without a gap in their names. */
    private static void requireAllFiles(Config config, Checkpoint stored) {
        long rows = config.options().get("hidden_size").longValue();
        long columns = config.options().get("num_attention_heads").longValue()
                * config.options().get("head_dim").longValue();
        int files = stored.files().size();
        stored.find(CUT)
                .filter(tensor -> tensor.shape().size() == 2 && tensor.shape().get(0) == rows)
                .ifPresent(tensor -> {
                    long there = tensor.shape().get(1);
                    long inEach = there / files;
                    if (inEach > 0 && there < columns && columns % inEach == 0) {
                        throw new MalformedInputException(
                                tensor.file(),
                                tensor.name(),
                                "has %d columns in %s where params.json asks for %d, which %d files would have"
                                        .formatted(
                                                there,
                                                files == 1 ? "1 file" : files + " files",
                                                columns,
                                                columns / inEach),
                                "download all of them into one folder");
                    }
                });
    }

    private static JsonNode layout(String name) {
        JsonNode own = Descriptions.resource("consolidated/" + name + ".json");
        return own.has("like") ? Descriptions.merged(layout(own.get("like").textValue()), own) : own;
    }

    /** A parameter that nothing here knows may change what the model computes. */
    private static void refuseUnknown(Config params, JsonNode layout) {
        Set<String> known = new HashSet<>();
        Stream.of("wholeNumbers", "numbers", "asTheyAre", "calculatedWith", "ignored")
                .flatMap(section -> StreamSupport.stream(layout.get(section).spliterator(), false))
                .forEach(name -> known.add(name.textValue()));
        for (Entry<String, JsonNode> param : params.options().properties()) {
            JsonNode value = param.getValue();
            boolean isNothing = value.isNull() || (value.isBoolean() && !value.booleanValue());
            if (!known.contains(param.getKey()) && !isNothing) {
                throw new UnsupportedInputException(params.file(), param.getKey(), "is not supported", REMEDY);
            }
        }
    }

    /**
     * One tensor of those that each name stands for: what model-parallel programs cut is put together, and what they keep
     * whole in each file is taken once.
     *
     * @param found by name, in the order of the files
     * @throws MalformedInputException if some files lack a piece, or pieces do not fit each other
     */
    public static Map<String, TensorInfo> joined(Map<String, List<TensorInfo>> found) {
        int files = found.values().stream().mapToInt(List::size).max().orElse(0);
        Map<String, TensorInfo> joined = new LinkedHashMap<>();
        found.forEach((name, pieces) -> joined.put(name, joined(name, pieces, files, found)));
        return joined;
    }

    private static TensorInfo joined(
            String name, List<TensorInfo> pieces, int files, Map<String, List<TensorInfo>> found) {
        TensorInfo first = pieces.get(0);
        if (pieces.size() == 1) {
            return first;
        }
        if (pieces.size() < files) {
            throw new MalformedInputException(
                    first.file(),
                    name,
                    "is in " + pieces.size() + " files, of which " + files + " have a part of the model each",
                    "download all of them into one folder");
        }
        if (isOneOf(ALONG_ROWS, name)) {
            return TensorInfo.joined(0, pieces);
        }
        if (isOneOf(ALONG_COLUMNS, name)) {
            return TensorInfo.joined(1, pieces);
        }
        if (isOneOf(ALONG_EITHER, name)) {
            return TensorInfo.joined(isAsWideAsModel(first, found) ? 0 : 1, pieces);
        }
        if (isOneOf(IN_EACH_FILE, name)) {
            // Pieces of the same shape, or they are not the same.
            TensorInfo.joined(0, pieces);
            return first;
        }
        throw Checkpoint.twice(pieces);
    }

    /** The table of tokens was cut along the hidden size until Llama 2, and along the vocabulary since Llama 3. */
    private static boolean isAsWideAsModel(TensorInfo table, Map<String, List<TensorInfo>> found) {
        List<Long> norm = Optional.ofNullable(found.get("norm.weight"))
                .map(norms -> norms.get(0).shape())
                .orElse(List.of());
        return table.shape().size() == 2 && norm.equals(table.shape().subList(1, 2));
    }

    private static boolean isOneOf(List<Pattern> patterns, String name) {
        return patterns.stream().anyMatch(pattern -> pattern.matcher(name).matches());
    }

    private static List<Pattern> patterns(String section) {
        return StreamSupport.stream(PIECES.get(section).spliterator(), false)
                .map(name ->
                        Pattern.compile(name.textValue().replace(".", "\\.").replace("{layer}", "\\d{1,5}")))
                .toList();
    }
}
