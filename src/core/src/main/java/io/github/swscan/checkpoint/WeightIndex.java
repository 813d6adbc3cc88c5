package io.github.swscan.checkpoint;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.github.swscan.checkpoint.tensor.TensorLimits;
import io.github.swscan.input.FileStamp;
import io.github.swscan.input.InputException;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.PrintableText;
import io.github.swscan.input.StrictJson;
import io.github.swscan.input.TextFile;
import io.github.swscan.input.UnsupportedInputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The index of a checkpoint that is split into shards ({@code model.safetensors.index.json},
 * {@code pytorch_model.bin.index.json}): which shard holds which
 * tensor. Everything in it but the weight map is ignored.
 *
 * @param stamp of the file that the index is from, taken before it was read; the shards lie in the same folder
 * @param weightMap tensor name to the file name of its shard
 */
record WeightIndex(FileStamp stamp, Map<String, String> weightMap) {
    private static final int MAX_BYTES = 100_000_000;
    private static final String WEIGHT_MAP = "weight_map";

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
    static WeightIndex read(Path file) {
        FileStamp stamp = FileStamp.of(file);
        if (stamp.bytes() > MAX_BYTES) {
            throw malformed(
                    file,
                    "",
                    "is %d bytes long, above the limit of %d for an index".formatted(stamp.bytes(), MAX_BYTES));
        }
        Map<String, String> weightMap = new StrictJson(file, "", MAX_TOKENS).read(content(file), parser -> {
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
        return new WeightIndex(stamp, weightMap);
    }

    Path file() {
        return stamp.file();
    }

    /** The file names of the shards, each once, sorted. */
    List<String> shards() {
        return weightMap.values().stream().distinct().sorted().toList();
    }

    private static byte[] content(Path file) {
        try (InputStream input = TextFile.open(file)) {
            return input.readNBytes(MAX_BYTES);
        } catch (IOException failure) {
            throw InputException.unreadable(file, failure);
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
        if (!isPlainFileName(shard)) {
            throw malformed(
                    file, tensor, "is mapped to " + PrintableText.quoted(shard) + ", which is not a plain file name");
        }
        if (!shard.endsWith(WeightsFile.SAFETENSORS) && !WeightsFile.isNamedLikePyTorch(Path.of(shard))) {
            throw new UnsupportedInputException(
                    file,
                    tensor,
                    "is mapped to " + PrintableText.quoted(shard) + ", which is not a safetensors or PyTorch file",
                    "convert the model to safetensors");
        }
        return shard;
    }

    /** Whether a name from an untrusted file leads to nothing but a file of that name in the folder it is looked up in. */
    static boolean isPlainFileName(String name) {
        if (name.isEmpty() || name.equals(".") || name.equals("..") || name.contains("/") || name.contains("\\")) {
            return false;
        }
        try {
            // A name that is its own file name has no drive letter, nor anything else that a platform may give a
            // meaning.
            return name.equals(String.valueOf(Path.of(name).getFileName()));
        } catch (InvalidPathException illegal) {
            return false;
        }
    }

    private static MalformedInputException malformed(Path file, String field, String problem) {
        return new MalformedInputException(file, field, problem, "download the index again");
    }
}
