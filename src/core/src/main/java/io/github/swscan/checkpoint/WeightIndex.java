package io.github.swscan.checkpoint;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.checkpoint.tensor.TensorLimits;
import io.github.swscan.input.ByteSource;
import io.github.swscan.input.InputException;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.PrintableText;
import io.github.swscan.input.Repository;
import io.github.swscan.input.StrictJson;
import io.github.swscan.input.TextFile;
import io.github.swscan.input.UnsupportedInputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The index of a checkpoint that is split into shards ({@code model.safetensors.index.json},
 * {@code pytorch_model.bin.index.json}): which shard holds which
 * tensor. Everything in it but the weight map is ignored.
 *
 * @param source what the index is from; the shards lie beside it
 * @param weightMap tensor name to the file name of its shard
 */
record WeightIndex(ByteSource source, Map<String, String> weightMap) {
    private static final int MAX_BYTES = 100_000_000;
    private static final String WEIGHT_MAP = "weight_map";

    /** The formats of shards. */
    private static final Set<Optional<WeightsFormat>> SHARDS =
            Set.of(Optional.of(WeightsFormat.SAFETENSORS), Optional.of(WeightsFormat.PYTORCH));

    /** Two tokens a tensor, and as much again for what is ignored. */
    private static final long MAX_TOKENS = 4L * TensorLimits.MAX_TENSORS;

    WeightIndex {
        weightMap = Collections.unmodifiableMap(new LinkedHashMap<>(weightMap));
    }

    /**
     * Reads and validates an index. Whether the shards are there is not looked at here.
     *
     * @throws InputException if it cannot be read, is not an index, or names a file outside its folder
     */
    static WeightIndex read(ByteSource source) {
        Path file = source.name();
        if (source.size() > MAX_BYTES) {
            throw malformed(
                    file,
                    "",
                    "is %d bytes long, above the limit of %d for an index".formatted(source.size(), MAX_BYTES));
        }
        Map<String, String> weightMap = new StrictJson(file, "", MAX_TOKENS).read(content(source), parser -> {
            Map<String, String> map = Map.of();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                if (parser.currentName().equals(WEIGHT_MAP)) {
                    map = weightMap(file, parser);
                } else {
                    parser.nextToken();
                    parser.skipChildren();
                }
            }
            return map;
        });
        if (weightMap.isEmpty()) {
            throw malformed(file, WEIGHT_MAP, "is missing or empty");
        }
        return new WeightIndex(source, weightMap);
    }

    Path file() {
        return source.name();
    }

    /** The file names of the shards, each once, sorted. */
    List<String> shards() {
        return weightMap.values().stream().distinct().sorted().toList();
    }

    /**
     * What of the index is not so, in one sentence: what is stored decides, and whoever needs a tensor that nobody has misses
     * it.
     *
     * @param tensors what is stored
     * @param overlaid names that several shards hold
     */
    Optional<String> note(Map<String, TensorInfo> tensors, List<String> overlaid) {
        List<String> missing = new ArrayList<>();
        List<String> elsewhere = new ArrayList<>();
        weightMap.forEach((name, shard) -> {
            TensorInfo tensor = tensors.get(name);
            if (tensor == null) {
                missing.add(name);
            } else if (!tensor.file().getFileName().toString().equals(shard)) {
                elsewhere.add(name);
            }
        });
        List<String> wrong = new ArrayList<>();
        if (!missing.isEmpty()) {
            wrong.add("names " + named(missing) + ", which no file has");
        }
        if (!elsewhere.isEmpty()) {
            wrong.add("looks for " + named(elsewhere) + " in another file");
        }
        if (!overlaid.isEmpty()) {
            wrong.add("says which of several files " + named(overlaid) + " counts in");
        }
        String file = file().getFileName().toString();
        return wrong.isEmpty()
                ? Optional.empty()
                : Optional.of("The index " + PrintableText.quoted(file) + " " + String.join(" and ", wrong) + ".");
    }

    private static String named(List<String> tensors) {
        String first = PrintableText.quoted(tensors.get(0));
        return tensors.size() == 1 ? first : first + " and " + (tensors.size() - 1) + " more";
    }

    private static byte[] content(ByteSource source) {
        try (InputStream input = TextFile.open(source)) {
            return input.readNBytes(MAX_BYTES);
        } catch (IOException failure) {
            throw source.unreadable(failure);
        }
    }

    private static Map<String, String> weightMap(Path file, JsonParser parser) throws IOException {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            throw malformed(file, WEIGHT_MAP, "is not an object");
        }
        Map<String, String> map = new LinkedHashMap<>();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String tensor = parser.currentName();
            if (parser.nextToken() != JsonToken.VALUE_STRING) {
                throw malformed(file, tensor, "is mapped to something that is not a string");
            }
            map.put(tensor, checkedShard(file, tensor, parser.getText()));
        }
        return map;
    }

    /** An index must not lead out of its folder: only a plain file name is a shard. */
    private static String checkedShard(Path file, String tensor, String shard) {
        if (!Repository.isPlainName(shard)) {
            throw malformed(
                    file, tensor, "is mapped to " + PrintableText.quoted(shard) + ", which is not a plain file name");
        }
        if (!SHARDS.contains(WeightsFormat.of(Path.of(shard)))) {
            throw new UnsupportedInputException(
                    file,
                    tensor,
                    "is mapped to " + PrintableText.quoted(shard) + ", which is not a safetensors or PyTorch file",
                    "convert the model to safetensors");
        }
        return shard;
    }

    private static MalformedInputException malformed(Path file, String field, String problem) {
        return new MalformedInputException(file, field, problem, "download the index again");
    }
}
