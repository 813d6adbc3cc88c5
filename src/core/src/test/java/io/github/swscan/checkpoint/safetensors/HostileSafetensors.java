package io.github.swscan.checkpoint.safetensors;

import io.github.swscan.fixture.HostileInput;
import io.github.swscan.fixture.SafetensorsWriter;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Safetensors files that break the format. */
public final class HostileSafetensors {

    private static final String FILE = "model.safetensors";

    private HostileSafetensors() {}

    public static Stream<HostileInput> all() {
        return Stream.of(files(), json(), metadata(), entries(), types(), layouts())
                .flatMap(inputs -> inputs);
    }

    private static Stream<HostileInput> files() {
        return Stream.of(
                file("empty", new byte[0], "is too short to be a safetensors file: it has 0 bytes"),
                file("no header", new byte[7], "is too short to be a safetensors file: it has 7 bytes"),
                file("header of length 0", new byte[8], "header: has length 0"),
                file("header cut", prefixed(3, "{}"), "header: is truncated: it is 3 bytes long, but only 2 follow"),
                file("header of the longest length, cut", prefixed(100_000_000, "{}"), "header: is truncated"),
                file(
                        "header longer than any",
                        prefixed(100_000_001, "{}"),
                        "header: would be 100000001 bytes long, above the limit"),
                file(
                        "header of the longest signed length",
                        prefixed(Long.MAX_VALUE, "{}"),
                        "header: would be 9223372036854775807 bytes long, above the limit"),
                file(
                        "header of negative length",
                        prefixed(-1, "{}"),
                        "header: would be 18446744073709551615 bytes long, above the limit"),
                file("Git LFS pointer", ascii("version https://git-lfs.github.com/spec/v1\n"), "is a Git LFS pointer"),
                file("web page", ascii("<!DOCTYPE html><html></html>"), "this is not a safetensors file"),
                file(
                        "bytes that are no text",
                        SafetensorsWriter.bytes(new byte[] {'{', '"', (byte) 0xff, '"', '}'}, new byte[0]),
                        "header: is not valid UTF-8"),
                file(
                        "overlong encoding of a slash",
                        SafetensorsWriter.bytes(new byte[] {'{', '"', (byte) 0xc0, (byte) 0xaf, '"', '}'}, new byte[0]),
                        "header: is not valid UTF-8"),
                HostileInput.of("safetensors: header of zeros", FILE, "header: does not begin with '{'", model -> {
                    HostileInput.config(model);
                    try (RandomAccessFile sparse =
                            new RandomAccessFile(model.resolve(FILE).toFile(), "rw")) {
                        sparse.write(prefixed(100_000_000, ""));
                        sparse.setLength(8 + 100_000_000L);
                    }
                }));
    }

    private static Stream<HostileInput> json() {
        return Stream.of(
                header("[]", 0, "header: does not begin with '{'"),
                header(" {}", 0, "header: does not begin with '{'"),
                header("\ufeff{}", 0, "header: does not begin with '{'"),
                header("{", 0, "header: is not valid JSON: it ends too early"),
                header("{'a': 1}", 0, "header: is not valid JSON at character"),
                header("{} {}", 0, "header: has something after the closing brace"),
                header("{}}", 0, "header: is not valid JSON at character"),
                header("{}\0", 0, "header: is not valid JSON at character"),
                header("{" + tensor("a", 0, 1) + "," + tensor("a", 1, 2) + "}", 2, "Duplicate field 'a'"),
                header("{\"a\": {\"dtype\": \"U8\", \"dtype\": \"U8\"}}", 0, "Duplicate field 'dtype'"),
                header("{\"__metadata__\": {\"k\": \"\", \"k\": \"\"}}", 0, "Duplicate field 'k'"),
                header("{\"a\": {\"dtype\": NaN}}", 0, "header: is not valid JSON at character"),
                header("{\"a\": {\"shape\": [0.1e]}}", 0, "header: is not valid JSON at character"),
                header("{\"a\": " + "[".repeat(100_000), 0, "a: is not an object"),
                header("{\"__metadata__\": " + "{\"a\":".repeat(100_000), 0, "__metadata__: has a value that is not"),
                header("{\"a\\ud800\": {}}", 0, "a\\ud800: has no dtype"),
                header("{}", 0, "holds no tensors"));
    }

    private static Stream<HostileInput> metadata() {
        return Stream.of(
                header("{\"__metadata__\": null}", 0, "__metadata__: is not an object"),
                header("{\"__metadata__\": []}", 0, "__metadata__: is not an object"),
                header(
                        "{\"__metadata__\": {\"k\": 1}}",
                        0,
                        "__metadata__: has a value that is not a string, under \"k\""),
                header("{\"__metadata__\": {\"k\": {}}}", 0, "has a value that is not a string, under \"k\""),
                header(manyMetadata(), 0, "__metadata__: has more than 100000 entries"));
    }

    private static Stream<HostileInput> entries() {
        return Stream.of(
                header("{" + tensor("", 0, 1) + "}", 1, "header: has a tensor with an empty name"),
                header("{" + tensor("n".repeat(4097), 0, 1) + "}", 1, "is a tensor name of more than 4096 characters"),
                header("{\"a\": 1}", 0, "a: is not an object with dtype, shape and data_offsets"),
                header("{\"a\": {}}", 0, "a: has no dtype"),
                header(entry("'dtype': 'U8', 'shape': [1]"), 1, "a: has no data_offsets"),
                header(entry("'dtype': 'U8', 'data_offsets': [0, 1]"), 1, "a: has no shape"),
                header(entry("'dtype': 'U8', 'strides': [1]"), 1, "a: has the unknown key \"strides\""),
                header(entry("'shape': {}"), 1, "a: shape is not an array"),
                header(entry("'shape': [1.0]"), 1, "a: shape holds something that is not an integer"),
                header(entry("'shape': [1e2]"), 1, "a: shape holds something that is not an integer"),
                header(entry("'shape': ['1']"), 1, "a: shape holds something that is not an integer"),
                header(entry("'shape': [[1]]"), 1, "a: shape holds something that is not an integer"),
                header(entry("'shape': [-1]"), 1, "a: shape holds a negative number"),
                header(entry("'shape': [9223372036854775808]"), 1, "a: shape holds an integer of more than 63 bits"),
                header(entry("'shape': [" + "9".repeat(5000) + "]"), 1, "header: is beyond what a checkpoint needs"),
                header(entry("'shape': [1,1,1,1,1,1,1,1,1]"), 1, "a: shape holds more than 8 numbers"),
                header(entry("'data_offsets': 0"), 1, "a: data_offsets is not an array"),
                header(entry("'data_offsets': [0, 1, 2]"), 1, "a: data_offsets holds more than 2 numbers"),
                header(entry("'data_offsets': [-1, 0]"), 1, "a: data_offsets holds a negative number"),
                header(entry("U8", "[1]", "[0]"), 1, "a: data_offsets has 1 numbers instead of 2"),
                header(entry("U8", "[1]", "[1, 0]"), 1, "a: data_offsets begins at 1, after its end at 0"),
                header(entry("F32", "[2]", "[0, 7]"), 7, "a: data_offsets spans 7 bytes, but F32 [2] takes 8"),
                header(entry("F32", "[0]", "[0, 4]"), 4, "a: data_offsets spans 4 bytes, but F32 [0] takes 0"),
                header(entry("U8", "[4294967296, 4294967296]", "[0, 0]"), 0, "has more elements than any file"),
                header(entry("F64", "[2305843009213693952]", "[0, 0]"), 0, "has more elements than any file"));
    }

    private static Stream<HostileInput> types() {
        return Stream.concat(
                Stream.of(
                        header(entry("'dtype': 8"), 1, "a: dtype is not a string"),
                        header(entry("'dtype': 'Q4_K'"), 1, "a: dtype \"Q4_K\" is not one of the safetensors format"),
                        header(entry("'dtype': 'f32'"), 1, "a: dtype \"f32\" is not one of the safetensors format"),
                        header(entry("'dtype': '\\u001b[2J\\n'"), 1, "a: dtype \"\\u001b[2J\\u000a\" is not one")),
                Stream.of("F4", "F6_E2M3", "F6_E3M2", "C64")
                        .map(type -> header(
                                entry(type, "[2]", "[0, 1]"), 1, "a: dtype %s is not supported".formatted(type))));
    }

    private static Stream<HostileInput> layouts() {
        return Stream.of(
                header("{" + tensor("a", 0, 2) + "," + tensor("b", 1, 3) + "}", 3, "overlaps with \"a\""),
                header("{" + tensor("a", 0, 2) + "," + tensor("b", 0, 2) + "}", 2, "overlaps with \"a\""),
                header("{" + tensor("a", 0, 2) + "," + tensor("b", 3, 4) + "}", 4, "b: begins at byte 3 of the data"),
                header("{" + tensor("a", 1, 2) + "}", 2, "a: begins at byte 1 of the data"),
                header("{" + tensor("a", 0, 2) + "}", 5, "header: leaves 3 bytes after the last tensor"),
                header("{}", 5, "header: leaves 5 bytes after the last tensor"),
                header("{" + tensor("a", 0, 9) + "}", 5, "header: says that the data is 9 bytes long, but 5 bytes"),
                header(
                        "{" + tensor("a", 0, Long.MAX_VALUE) + "}",
                        5,
                        "header: says that the data is 9223372036854775807 bytes long, but 5 bytes are there"));
    }

    private static HostileInput file(String name, byte[] content, String complaint) {
        return HostileInput.of("safetensors: " + name, FILE, complaint, model -> {
            HostileInput.config(model);
            Files.write(model.resolve(FILE), content);
        });
    }

    private static HostileInput header(String header, int dataBytes, String complaint) {
        String shown = header.length() > 60 ? header.substring(0, 60) + "..." : header;
        return file(
                shown.replaceAll("\\p{Cntrl}", "?"), SafetensorsWriter.bytes(header, new byte[dataBytes]), complaint);
    }

    private static String tensor(String name, long begin, long end) {
        return "\"%s\": {\"dtype\": \"U8\", \"shape\": [%d], \"data_offsets\": [%d, %d]}"
                .formatted(name, end - begin, begin, end);
    }

    private static String entry(String members) {
        return "{\"a\": {" + members.replace('\'', '"') + "}}";
    }

    private static String entry(String dtype, String shape, String offsets) {
        return entry("'dtype': '%s', 'shape': %s, 'data_offsets': %s".formatted(dtype, shape, offsets));
    }

    private static String manyMetadata() {
        return IntStream.rangeClosed(0, 100_000)
                .mapToObj(key -> "\"" + key + "\":\"\"")
                .collect(Collectors.joining(",", "{\"__metadata__\":{", "}}"));
    }

    private static byte[] prefixed(long length, String rest) {
        return ByteBuffer.allocate(Long.BYTES + rest.length())
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(length)
                .put(ascii(rest))
                .array();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
