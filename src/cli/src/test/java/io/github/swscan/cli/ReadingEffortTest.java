package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.github.swscan.fixture.GgufWriter;
import io.github.swscan.fixture.Models;
import io.github.swscan.fixture.SafetensorsWriter;
import io.github.swscan.fixture.TorchFile;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever is in a file, to read it takes effort in proportion to its size. Counted in bytes of memory asked for, over
 * the whole run, those that were given back included.
 */
class ReadingEffortTest {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** What a run takes that finds nothing to read. */
    private static final long RUN = 60_000_000;

    /** A single instruction of a pickle makes an object and an entry for it in a table. */
    private static final long FOR_A_BYTE = 250;

    private static final String SAFETENSORS = "model.safetensors";
    private static final String PYTORCH = "pytorch_model.bin";
    private static final String GGUF = "model.gguf";

    @TempDir
    private Path folder;

    static Stream<Arguments> safetensors() {
        return Stream.of(
                safetensors(
                        "tensors", i -> "\"%d\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}".formatted(i)),
                safetensors("an unknown key", i -> i == 0 ? "\"a\":{\"k\":[]" : "\"k%d\":[]".formatted(i)),
                safetensors("names of equal hash", i -> "\"%s\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}"
                        .formatted(colliding(i))),
                file(
                        "index",
                        "model.safetensors.index.json",
                        text(repeated(
                                "{\"weight_map\":{", i -> "\"%d\":\"%d.safetensors\"".formatted(i, i), "}}", 40_000))),
                file(
                        "index of equal names",
                        "model.safetensors.index.json",
                        text(repeated(
                                "{\"weight_map\":{",
                                i -> "\"%s\":\"m.safetensors\"".formatted(colliding(i)),
                                "}}",
                                40_000))),
                file(
                        "index of long names",
                        "model.safetensors.index.json",
                        text("{\"weight_map\":{\"a\":\"" + "x.bin".repeat(200_000) + "\"}}")));
    }

    static Stream<Arguments> pickles() {
        TorchFile long1 = new TorchFile();
        for (int i = 0; i < 5000; i++) {
            long1.op(0x8a, 255).op(new int[255]).op('0');
        }
        TorchFile laughs = new TorchFile().op(']', 'q', 0);
        for (int level = 1; level < 255; level++) {
            laughs.op(']', '(', 'h', level - 1, 'h', level - 1, 'e', 'q', level);
        }
        return Stream.of(
                pickle("lists", 1_000_000, ']'),
                pickle("maps", 1_000_000, '}'),
                pickle("a memo", 500_000, ')', 0x94),
                pickle("marks", 1_000_000, '('),
                pickle("tuples in tuples", 500_000, ')', 0x85),
                pickle("names", 50_000, 'c', 't', 'o', 'r', 'c', 'h', '\n', 'S', 'i', 'z', 'e', '\n'),
                pickle("lists that grow", 300_000, '(', 'N', 'e'),
                Arguments.of("pickle: long numbers", PYTORCH, (Making) long1::write),
                Arguments.of("pickle: a billion laughs", PYTORCH, (Making) laughs::write),
                Arguments.of("pickle: long names in shared modules", PYTORCH, (Making)
                        file -> sharedModules().write(file)),
                Arguments.of("zip: entries", PYTORCH, (Making) file -> {
                    TorchFile many = new TorchFile();
                    IntStream.range(0, 20_000).forEach(i -> many.entry("model/data/" + i, new byte[0]));
                    many.write(file);
                }));
    }

    static Stream<Arguments> others() {
        byte[] manyLists = GgufWriter.joined(IntStream.range(0, 50_000)
                .mapToObj(i -> GgufWriter.joined(GgufWriter.int32(0), GgufWriter.int64(0)))
                .toArray(byte[][]::new));
        return Stream.of(
                gguf("a list of bytes", new GgufWriter().list("a", 0, 1_000_000, new byte[1_000_000])),
                gguf("lists in a list", new GgufWriter().list("a", GgufWriter.LIST, 50_000, manyLists)),
                gguf("experts", experts()),
                config("a list", repeated("{\"model_type\": [", i -> "7", "]}", 1_000_000)),
                config("lists", repeated("{\"model_type\": [", i -> "[]", "]}", 400_000)),
                config("keys", repeated("{", i -> "\"%d\":0".formatted(i), "}", 100_000)),
                config("keys of equal hash", repeated("{", i -> "\"%s\":0".formatted(colliding(i)), "}", 40_000)),
                config(
                        "layers' types",
                        repeated(
                                "{\"model_type\": \"qwen3\", \"layer_types\": [",
                                i -> "\"full_attention\"",
                                "]}",
                                50_000)),
                tokenizer("steps", repeated("{\"normalizer\": {\"normalizers\": [", i -> "{}", "]}", 300_000)),
                tokenizer(
                        "words",
                        repeated("{\"model\": {\"vocab\": {", i -> "\"%d\":%d".formatted(i, i), "}}", 80_000)));
    }

    @FunctionalInterface
    private interface Making {
        void at(Path file) throws IOException;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource({"safetensors", "pickles", "others"})
    void growsWithTheFileAndNoFaster(String name, String file, Making making) throws IOException {
        Path model = Models.copy(Models.reference("llama"), folder.resolve("model"));
        if (!file.endsWith(".json") || file.endsWith(".index.json")) {
            Files.delete(model.resolve(SAFETENSORS));
        }
        making.at(model.resolve(file));
        long size = Files.size(model.resolve(file));
        long before = THREADS.getThreadAllocatedBytes(Thread.currentThread().getId());

        CommandRun run = CommandRun.of("detect", model.toString(), "--report", folder + "/report.json");

        long effort = THREADS.getThreadAllocatedBytes(Thread.currentThread().getId()) - before;
        run.assertFailed(ExitCode.UNUSABLE_INPUT, model.toString());
        assertThat(effort).isLessThan(RUN + FOR_A_BYTE * size);
    }

    private static Arguments safetensors(String name, IntFunction<String> entry) {
        return file(
                "safetensors: " + name,
                SAFETENSORS,
                SafetensorsWriter.bytes(repeated("{", entry, "}", 20_000), new byte[1]));
    }

    private static Arguments pickle(String name, int count, int... instructions) {
        return Arguments.of("pickle: " + name, PYTORCH, (Making) file -> {
            TorchFile pickle = new TorchFile().op(']');
            for (int i = 0; i < count; i++) {
                pickle.op(instructions);
            }
            pickle.write(file);
        });
    }

    /** 65,536 ways to a tensor, each with a name of 10,000 characters. */
    private static TorchFile sharedModules() {
        TorchFile file = new TorchFile().module("A").text("w".repeat(10_000));
        file.tensor("0", 1, 0, List.of(1), List.of(1)).endModule().op('q', 0);
        for (int level = 1; level <= 16; level++) {
            file.module("A").text("a").op('h', level - 1).text("b").op('h', level - 1);
            file.endModule().op('q', level);
        }
        return file.withCode().storage("0", 1);
    }

    /** More experts than the tensor has matrices. */
    private static GgufWriter experts() {
        return new GgufWriter()
                .key("general.architecture", "llama")
                .key("llama.block_count", 1)
                .key("llama.context_length", 64)
                .key("llama.embedding_length", 32)
                .key("llama.feed_forward_length", 48)
                .key("llama.attention.head_count", 4)
                .key("llama.attention.layer_norm_rms_epsilon", 1e-5f)
                .key("llama.expert_count", 100_000)
                .key("llama.expert_used_count", 2)
                .zeros("token_embd.weight", 97L, 32L)
                .zeros("blk.0.ffn_gate_exps.weight", 4L, 48L, 32L);
    }

    private static Arguments gguf(String name, GgufWriter file) {
        return file("GGUF: " + name, GGUF, file.bytes());
    }

    private static Arguments config(String name, String content) {
        return file("config.json: " + name, "config.json", text(content));
    }

    private static Arguments tokenizer(String name, String content) {
        return file("tokenizer.json: " + name, "tokenizer.json", text(content));
    }

    private static Arguments file(String name, String file, byte[] content) {
        return Arguments.of(name, file, (Making) path -> Files.write(path, content));
    }

    private static byte[] text(String content) {
        return content.getBytes(StandardCharsets.UTF_8);
    }

    private static String repeated(String before, IntFunction<String> part, String after, int count) {
        return IntStream.range(0, count).mapToObj(part).collect(Collectors.joining(",", before, after));
    }

    /** All of the same length and hash code. */
    private static String colliding(int number) {
        return IntStream.range(0, 17)
                .mapToObj(bit -> (number >> bit & 1) == 0 ? "Aa" : "BB")
                .collect(Collectors.joining());
    }
}
