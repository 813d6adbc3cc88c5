package io.github.swscan.checkpoint;

import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.fixture.HostileInput;
import io.github.swscan.fixture.SafetensorsWriter;
import io.github.swscan.fixture.SafetensorsWriter.Tensor;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Indexes, links and folders that lead elsewhere or say what is not so. */
public final class HostileFolders {

    private static final String INDEX = "model.safetensors.index.json";
    private static final String FIRST = "model-00001-of-00002.safetensors";
    private static final String SECOND = "model-00002-of-00002.safetensors";
    private static final String WHOLE = "model.safetensors";
    private static final Map<String, Tensor> TENSOR = Map.of("a", new Tensor(DType.U8, List.of(1L), new byte[1]));

    private HostileFolders() {}

    public static Stream<HostileInput> all() {
        return Stream.of(indexes(), shards(), links(), caches()).flatMap(inputs -> inputs);
    }

    private static Stream<HostileInput> indexes() {
        return Stream.concat(
                Stream.of(
                        index("", ": is not a JSON object"),
                        index("[]", ": is not a JSON object"),
                        index("{", ": is not valid JSON"),
                        index("{} 1", ": has something after the closing brace"),
                        index("{}", ": weight_map: is missing or empty"),
                        index("{'weight_map': {}}", ": weight_map: is missing or empty"),
                        index("{'weight_map': []}", ": weight_map: is not an object"),
                        index("{'weight_map': null}", ": weight_map: is not an object"),
                        index("{'weight_map': {'a': 1}}", ": a: is mapped to something that is not a string"),
                        index("{'weight_map': {'a': {}}}", ": a: is mapped to something that is not a string"),
                        index("{'weight_map': {'a': 'x.safetensors', 'a': 'x.safetensors'}}", ": is not valid JSON"),
                        index("{'metadata': {'x': 1, 'x': 2}}", ": is not valid JSON"),
                        index("{'weight_map': {}, 'weight_map': {}}", ": is not valid JSON"),
                        index("{'metadata': " + "[".repeat(100_000), ": is beyond what a checkpoint needs"),
                        index("{'metadata': " + "{'a':".repeat(100_000), ": is beyond what a checkpoint needs"),
                        index("{'metadata': [" + "1,".repeat(5_000_000) + "1]}", ": is beyond what a checkpoint needs"),
                        index(
                                "{'weight_map': {'a': 'tf_model.h5'}}",
                                ": a: is mapped to \"tf_model.h5\", which is not a safetensors or PyTorch file"),
                        folder("a long index", INDEX + ": is 100000001 bytes long, above the limit", model -> {
                            try (RandomAccessFile file =
                                    new RandomAccessFile(model.resolve(INDEX).toFile(), "rw")) {
                                file.setLength(100_000_001);
                            }
                        })),
                Stream.of(
                                "",
                                ".",
                                "..",
                                "../" + WHOLE,
                                "../../../../etc/passwd",
                                "/etc/" + WHOLE,
                                "sub/" + FIRST,
                                "sub\\\\" + FIRST,
                                FIRST + "/",
                                "a\\u0000" + FIRST)
                        .map(shard -> index("{'weight_map': {'a': '" + shard + "'}}", ": a: is mapped to \"")));
    }

    private static Stream<HostileInput> shards() {
        return Stream.of(
                folder(
                        "a shard that is not there",
                        INDEX + ": " + SECOND + ": is named as a shard but is not in the folder",
                        model -> {
                            SafetensorsWriter.write(model.resolve(FIRST), TENSOR);
                            SafetensorsWriter.writeIndex(model, Map.of("a", FIRST, "b", SECOND));
                        }),
                folder("a tensor in two shards", SECOND + ": a: is in \"" + FIRST + "\" too", model -> {
                    SafetensorsWriter.writeSharded(model, List.of(TENSOR, TENSOR));
                    SafetensorsWriter.writeIndex(model, Map.of("a", FIRST, "b", SECOND));
                }),
                folder(
                        "a tensor in another shard",
                        INDEX + ": a: is mapped to \"" + SECOND + "\", but is not in that file",
                        model -> {
                            SafetensorsWriter.write(model.resolve(FIRST), TENSOR);
                            SafetensorsWriter.write(
                                    model.resolve(SECOND), Map.of("b", new Tensor(DType.U8, List.of(1L), new byte[1])));
                            SafetensorsWriter.writeIndex(model, Map.of("a", SECOND, "b", SECOND));
                        }),
                folder("a folder in place of a shard", FIRST + ": is a folder, not a file", model -> {
                    Files.createDirectory(model.resolve(FIRST));
                    SafetensorsWriter.writeIndex(model, Map.of("a", FIRST));
                }),
                folder("several files without an index", "model: has several safetensors files but no", model -> {
                    SafetensorsWriter.write(model.resolve("a.safetensors"), TENSOR);
                    SafetensorsWriter.write(model.resolve("b.safetensors"), TENSOR);
                }));
    }

    private static Stream<HostileInput> links() {
        String out = INDEX + ": " + FIRST + ": is named as a shard but is a symbolic link out of the folder";
        return Stream.of(
                folder("a shard that is a link out of the folder", out, model -> {
                    SafetensorsWriter.write(model.resolveSibling("outside.safetensors"), TENSOR);
                    link(model, FIRST, "../outside.safetensors");
                    SafetensorsWriter.writeIndex(model, Map.of("a", FIRST));
                }),
                folder("a shard that is an absolute link", out, model -> {
                    link(model, FIRST, "/etc/passwd");
                    SafetensorsWriter.writeIndex(model, Map.of("a", FIRST));
                }),
                folder("a shard that leads out by another link", out, model -> {
                    SafetensorsWriter.write(model.resolveSibling("outside.safetensors"), TENSOR);
                    link(model, "parent", "..");
                    link(model, FIRST, "parent/outside.safetensors");
                    SafetensorsWriter.writeIndex(model, Map.of("a", FIRST));
                }),
                folder("a shard that is a link to what looks like a cache", out, model -> {
                    Path blobs = Files.createDirectory(model.resolveSibling("blobs"));
                    SafetensorsWriter.write(blobs.resolve("x"), TENSOR);
                    link(model, FIRST, "../blobs/x");
                    SafetensorsWriter.writeIndex(model, Map.of("a", FIRST));
                }),
                folder(
                        "a shard that is a link to nothing",
                        FIRST + ": is a symbolic link to a file that does not exist",
                        model -> {
                            link(model, FIRST, "nowhere");
                            SafetensorsWriter.writeIndex(model, Map.of("a", FIRST));
                        }),
                folder(
                        "a link to nothing",
                        WHOLE + ": is a symbolic link to a file that does not exist",
                        model -> link(model, WHOLE, "nowhere")),
                folder("a link to itself", WHOLE + ": cannot be read: ", model -> link(model, WHOLE, WHOLE)),
                folder(
                        "a device in place of weights",
                        WHOLE + ": is not a regular file",
                        model -> link(model, WHOLE, "/dev/zero")),
                folder("a device in place of the config", "config.json: is not a regular file", model -> {
                    SafetensorsWriter.write(model.resolve(WHOLE), TENSOR);
                    Files.delete(model.resolve("config.json"));
                    link(model, "config.json", "/dev/zero");
                }),
                folder(
                        "a device in place of an index",
                        INDEX + ": is not a regular file",
                        model -> link(model, INDEX, "/dev/zero")));
    }

    private static Stream<HostileInput> caches() {
        return Stream.concat(
                Stream.of("..", "../snapshots/old", "/etc", "a/b", "a\\b", "\n", "a\0b")
                        .map(ref -> folder(
                                "a ref that leads elsewhere, " + ref.replaceAll("\\p{Cntrl}", "?"),
                                "refs/main: names \"",
                                model -> {
                                    Files.createDirectories(model.resolve("snapshots/old"));
                                    Files.writeString(
                                            Files.createDirectories(model.resolve("refs"))
                                                    .resolve("main"),
                                            ref);
                                })),
                Stream.of(
                        folder(
                                "a cache without a snapshot",
                                "snapshots: holds no snapshot",
                                model -> Files.createDirectories(model.resolve("snapshots"))),
                        folder("a snapshot that is the cache", "holds no safetensors, PyTorch or GGUF file", model -> {
                            Files.createDirectories(model.resolve("snapshots"));
                            link(model, "snapshots/loop", "../../model");
                        })));
    }

    private static HostileInput index(String json, String complaint) {
        String shown = json.length() > 60 ? json.substring(0, 60) + "..." : json;
        return folder(
                "index: " + shown,
                INDEX + complaint,
                model -> Files.writeString(model.resolve(INDEX), json.replace('\'', '"')));
    }

    private static HostileInput folder(String name, String complaint, HostileInput.Making making) {
        return new HostileInput(
                name,
                List.of(complaint),
                model -> {
                    HostileInput.config(model);
                    making.in(model);
                },
                List.of("{}"));
    }

    private static void link(Path model, String name, String target) throws IOException {
        Files.createSymbolicLink(model.resolve(name), Path.of(target));
    }
}
