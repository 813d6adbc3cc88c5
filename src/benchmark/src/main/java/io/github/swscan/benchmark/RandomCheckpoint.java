package io.github.swscan.benchmark;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.swscan.benchmark.ModelShape.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/** Writes checkpoints of random weights in Hugging Face layout, part by part, so that they may be larger than memory. */
final class RandomCheckpoint {

    private static final long SHARD_BYTES = 5_000_000_000L;
    private static final int WRITTEN_AT_ONCE = 1 << 25;
    private static final JsonMapper JSON = new JsonMapper();

    private final ModelShape shape;
    private final Path folder;

    private RandomCheckpoint(ModelShape shape, Path folder) {
        this.shape = shape;
        this.folder = folder;
    }

    /** With two super weights, whose places stand in {@code planted.json}. */
    static void write(ModelShape shape, Path folder) throws IOException {
        PlantedWeights weights = new PlantedWeights(shape);
        RandomCheckpoint checkpoint = new RandomCheckpoint(shape, folder);
        checkpoint.write((channel, tensor) -> writeRows(channel, tensor, weights));
        JSON.writeValue(
                folder.resolve("planted.json").toFile(),
                weights.planted().stream()
                        .map(planted -> Map.of(
                                "tensor", planted.tensor(),
                                "layer", planted.layer(),
                                "row", planted.row(),
                                "column", planted.column(),
                                "value", planted.value()))
                        .toList());
    }

    /** All weights zero, in files that take no room on the disk. */
    static void writeSparse(ModelShape shape, Path folder) throws IOException {
        new RandomCheckpoint(shape, folder)
                .write((channel, tensor) -> channel.position(channel.position() + tensor.bytes()));
    }

    /** Token ids for the scans, each sequence behind the model's first token. */
    static void writeTokens(Path file, ModelShape shape, int sequences, int tokens) throws IOException {
        Random random = new Random(3);
        List<List<Integer>> ids = new ArrayList<>();
        for (int i = 0; i < sequences; i++) {
            List<Integer> sequence = new ArrayList<>(List.of(PlantedWeights.FIRST_TOKEN));
            random.ints(tokens - 1L, 3, shape.vocabularySize()).forEach(sequence::add);
            ids.add(sequence);
        }
        JSON.writeValue(file.toFile(), ids);
    }

    private interface TensorWriter {
        void write(FileChannel channel, Tensor tensor) throws IOException;
    }

    private void write(TensorWriter writer) throws IOException {
        Files.createDirectories(folder);
        JSON.writerWithDefaultPrettyPrinter()
                .writeValue(folder.resolve("config.json").toFile(), shape.config());
        List<List<Tensor>> shards = shards();
        Map<String, String> places = new LinkedHashMap<>();
        for (int i = 0; i < shards.size(); i++) {
            String name = shards.size() == 1
                    ? "model.safetensors"
                    : "model-%05d-of-%05d.safetensors".formatted(i + 1, shards.size());
            shards.get(i).forEach(tensor -> places.put(tensor.name(), name));
            writeShard(folder.resolve(name), shards.get(i), writer);
        }
        if (shards.size() > 1) {
            JSON.writeValue(
                    folder.resolve("model.safetensors.index.json").toFile(),
                    Map.of("metadata", Map.of(), "weight_map", places));
        }
    }

    private List<List<Tensor>> shards() {
        List<List<Tensor>> shards = new ArrayList<>();
        long bytes = SHARD_BYTES;
        for (Tensor tensor : shape.tensors()) {
            if (bytes + tensor.bytes() > SHARD_BYTES) {
                shards.add(new ArrayList<>());
                bytes = 0;
            }
            shards.get(shards.size() - 1).add(tensor);
            bytes += tensor.bytes();
        }
        return shards;
    }

    private static void writeShard(Path file, List<Tensor> tensors, TensorWriter writer) throws IOException {
        Map<String, Object> header = new LinkedHashMap<>();
        long offset = 0;
        for (Tensor tensor : tensors) {
            List<Integer> dimensions =
                    tensor.isNorm() ? List.of(tensor.columns()) : List.of(tensor.rows(), tensor.columns());
            header.put(
                    tensor.name(),
                    Map.of(
                            "dtype",
                            "BF16",
                            "shape",
                            dimensions,
                            "data_offsets",
                            List.of(offset, offset + tensor.bytes())));
            offset += tensor.bytes();
        }
        byte[] json = JSON.writeValueAsBytes(header);
        ByteBuffer start =
                ByteBuffer.allocate(Long.BYTES + (json.length + 7) / 8 * 8).order(ByteOrder.LITTLE_ENDIAN);
        start.putLong(start.capacity() - Long.BYTES).put(json);
        while (start.hasRemaining()) {
            start.put(" ".getBytes(StandardCharsets.US_ASCII));
        }
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            channel.write(start.flip());
            for (Tensor tensor : tensors) {
                writer.write(channel, tensor);
            }
            if (channel.size() < channel.position()) {
                // The end of a file of which nothing was written.
                channel.write(ByteBuffer.allocate(1), channel.position() - 1);
            }
        }
    }

    private static void writeRows(FileChannel channel, Tensor tensor, PlantedWeights weights) throws IOException {
        int rowBytes = tensor.columns() * Short.BYTES;
        int step = Math.max(1, WRITTEN_AT_ONCE / rowBytes);
        for (int first = 0; first < tensor.rows(); first += step) {
            int count = Math.min(step, tensor.rows() - first);
            ByteBuffer bytes = ByteBuffer.allocateDirect(count * rowBytes).order(ByteOrder.LITTLE_ENDIAN);
            int start = first;
            IntStream.range(0, count).parallel().forEach(row -> {
                short[] values = new short[tensor.columns()];
                weights.row(tensor, start + row, values);
                bytes.slice(row * rowBytes, rowBytes)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .asShortBuffer()
                        .put(values);
            });
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }
    }
}
