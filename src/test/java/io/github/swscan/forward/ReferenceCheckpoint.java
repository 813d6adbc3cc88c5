package io.github.swscan.forward;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Config;
import io.github.swscan.architecture.Families;
import io.github.swscan.architecture.GgufModel;
import io.github.swscan.architecture.Parameters;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A checkpoint of the test resources, with the numbers that Hugging Face transformers computed for it. */
public record ReferenceCheckpoint(Path folder, JsonNode expected) {

    private static final Path RESOURCES = Path.of("src/test/resources");

    public static ReferenceCheckpoint named(String name) {
        try {
            Path folder = RESOURCES.resolve(name);
            return new ReferenceCheckpoint(
                    folder,
                    new JsonMapper().readTree(folder.resolve("expected.json").toFile()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The names of all checkpoints in a folder of the test resources. */
    public static List<String> names(String folder) {
        try (Stream<Path> folders = Files.list(RESOURCES.resolve(folder))) {
            return folders.map(path -> folder + "/" + path.getFileName())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Model model(TorchEngine engine, Precision precision) {
        return model(folder, engine, precision);
    }

    public static Model model(Path folder, TorchEngine engine, Precision precision) {
        CheckpointLocation location = CheckpointLocation.find(folder);
        Checkpoint checkpoint = Checkpoint.open(location);
        Optional<GgufModel> gguf = GgufModel.of(checkpoint);
        if (gguf.isPresent()) {
            return model(gguf.get(), engine, precision);
        }
        Architecture architecture = Families.describe(
                Config.read(location.config().orElseThrow()),
                checkpoint.tensors().keySet());
        Parameters.check(architecture, checkpoint, folder);
        return new Model(architecture, checkpoint, engine, precision);
    }

    private static Model model(GgufModel gguf, TorchEngine engine, Precision precision) {
        Architecture architecture = gguf.describe(Optional.empty());
        Parameters.check(architecture, gguf.checkpoint(), gguf.config().file());
        return new Model(architecture, gguf.checkpoint(), engine, precision);
    }

    /** The token ids that the numbers were computed for. */
    public Sequences sequences() {
        JsonNode ids = expected.has("input_ids") ? expected.get("input_ids") : expected.get("ids");
        List<int[]> sequences = new ArrayList<>();
        ids.forEach(sequence -> {
            int[] tokens = new int[sequence.size()];
            for (int i = 0; i < tokens.length; i++) {
                tokens[i] = sequence.get(i).intValue();
            }
            sequences.add(tokens);
        });
        return new Sequences(sequences);
    }

    /** The logits [sequence][token][vocabulary]. */
    public float[][][] logits() {
        Path file = folder.resolve("expected.safetensors");
        Checkpoint checkpoint = Checkpoint.open(CheckpointLocation.find(file));
        var tensor = checkpoint.find("logits").orElseThrow();
        int tokens = tensor.shape().get(1).intValue();
        int vocabulary = tensor.shape().get(2).intValue();
        float[][][] logits = new float[tensor.shape().get(0).intValue()][tokens][];
        for (int sequence = 0; sequence < logits.length; sequence++) {
            for (int token = 0; token < tokens; token++) {
                logits[sequence][token] =
                        checkpoint.floats(tensor, ((long) sequence * tokens + token) * vocabulary, vocabulary, 1);
            }
        }
        return logits;
    }
}
