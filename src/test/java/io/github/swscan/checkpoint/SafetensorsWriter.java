package io.github.swscan.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes safetensors files, well-formed ones from tensors and any others from a header and data as they are given. */
public final class SafetensorsWriter {
    private static final ObjectMapper JSON = new ObjectMapper();

    private SafetensorsWriter() {}

    /** A tensor to write; the data is in row-major order, little-endian, and is not checked. */
    @SuppressWarnings("ArrayRecordComponent")
    public record Tensor(DType dtype, List<Long> shape, byte[] data) {
        /** An F32 tensor with these elements. */
        public static Tensor float32(List<Long> shape, float... elements) {
            ByteBuffer data = ByteBuffer.allocate(Float.BYTES * elements.length).order(ByteOrder.LITTLE_ENDIAN);
            data.asFloatBuffer().put(elements);
            return new Tensor(DType.F32, shape, data.array());
        }
    }

    /** Writes one file; the data lies in the order of the map. */
    public static Path write(Path file, Map<String, Tensor> tensors) {
        return writeBytes(file, bytes(tensors));
    }

    /**
     * Writes a model of several files, {@code model-00001-of-0000N.safetensors} and so on, and their index.
     *
     * @return the index
     */
    public static Path writeSharded(Path folder, List<Map<String, Tensor>> shards) {
        Map<String, String> weightMap = new LinkedHashMap<>();
        for (int index = 0; index < shards.size(); index++) {
            String name = "model-%05d-of-%05d.safetensors".formatted(index + 1, shards.size());
            write(folder.resolve(name), shards.get(index));
            shards.get(index).keySet().forEach(tensor -> weightMap.put(tensor, name));
        }
        return writeIndex(folder, weightMap);
    }

    /** Writes {@code model.safetensors.index.json} with this map from tensor name to file name. */
    public static Path writeIndex(Path folder, Map<String, String> weightMap) {
        Map<String, Object> index = new LinkedHashMap<>();
        index.put("metadata", Map.of("total_size", 0));
        index.put("weight_map", weightMap);
        return writeBytes(
                folder.resolve("model.safetensors.index.json"), json(index).getBytes(StandardCharsets.UTF_8));
    }

    /** The content of a well-formed file; the data lies in the order of the map. */
    public static byte[] bytes(Map<String, Tensor> tensors) {
        Map<String, Object> header = new LinkedHashMap<>();
        header.put("__metadata__", Map.of("format", "pt"));
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        tensors.forEach((name, tensor) -> {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("dtype", tensor.dtype().name());
            entry.put("shape", tensor.shape());
            entry.put("data_offsets", List.of(data.size(), data.size() + tensor.data().length));
            header.put(name, entry);
            data.writeBytes(tensor.data());
        });
        return bytes(json(header), data.toByteArray());
    }

    /** The content of a file with this header, padded as the reference implementation does, and this data. */
    public static byte[] bytes(String header, byte[] data) {
        byte[] utf8 = header.getBytes(StandardCharsets.UTF_8);
        int padding = Math.floorMod(-utf8.length, Long.BYTES);
        return bytes((header + " ".repeat(padding)).getBytes(StandardCharsets.UTF_8), data);
    }

    /** The content of a file with this header, as it is, and this data. */
    public static byte[] bytes(byte[] header, byte[] data) {
        return ByteBuffer.allocate(Long.BYTES + header.length + data.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length)
                .put(header)
                .put(data)
                .array();
    }

    /** Writes a file, in place of one that may be there. */
    public static Path writeBytes(Path file, byte[] content) {
        try {
            return Files.write(file, content);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static String json(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
