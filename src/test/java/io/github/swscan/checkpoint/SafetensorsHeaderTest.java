package io.github.swscan.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.swscan.checkpoint.SafetensorsWriter.Tensor;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsHeaderTest {
    @TempDir
    private Path folder;

    @Test
    void tensorsAreReadInTheOrderOfTheData() {
        Path file = write("""
                {"b": {"dtype": "I64", "shape": [], "data_offsets": [6, 14]},
                 "a": {"data_offsets": [0, 6], "shape": [3, 1], "dtype": "BF16"},
                 "empty": {"dtype": "F32", "shape": [2, 0], "data_offsets": [6, 6]},
                 "__metadata__": {"format": "pt", "note": "{}"}}
                """, 14);
        long start = file.toFile().length() - 14;

        assertThat(SafetensorsHeader.read(file))
                .containsExactly(
                        new TensorInfo("a", DType.BF16, List.of(3L, 1L), file, start, 6),
                        new TensorInfo("empty", DType.F32, List.of(2L, 0L), file, start + 6, 0),
                        new TensorInfo("b", DType.I64, List.of(), file, start + 6, 8));
    }

    @Test
    void headerWithoutTensorsIsLegal() {
        assertThat(SafetensorsHeader.read(write("{}", 0))).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("malformedHeaders")
    void malformedHeaderIsRefused(String header, int dataBytes, String field, String problem) {
        Path file = write(header, dataBytes);

        InputException refusal = catchThrowableOfType(InputException.class, () -> SafetensorsHeader.read(file));

        assertThat(refusal).isInstanceOf(MalformedInputException.class).hasMessageContaining(problem);
        assertThat(refusal.file()).isEqualTo(file);
        assertThat(refusal.field()).isEqualTo(field);
        assertThat(refusal.getMessage()).hasSizeLessThan(1000).doesNotContain("\n");
    }

    static Stream<Arguments> malformedHeaders() {
        return Stream.of(
                // JSON
                header("[]", 0, "header", "does not begin with '{'"),
                header(" {}", 0, "header", "does not begin with '{'"),
                header("\ufeff{}", 0, "header", "does not begin with '{'"),
                header("{", 0, "header", "is not valid JSON: it ends too early"),
                header("{'a': 1}", 0, "header", "is not valid JSON at character"),
                header("{} {}", 0, "header", "has something after the closing brace"),
                header("{}}", 0, "header", "is not valid JSON at character"),
                header("{}\0", 0, "header", "is not valid JSON at character"),
                header("{" + tensor("a", 0, 1) + "," + tensor("a", 1, 2) + "}", 2, "header", "Duplicate field 'a'"),
                header("{\"a\": {\"dtype\": \"U8\", \"dtype\": \"U8\"}}", 0, "header", "Duplicate field 'dtype'"),
                header("{\"__metadata__\": {\"k\": \"\", \"k\": \"\"}}", 0, "header", "Duplicate field 'k'"),
                header("{\"a\": {\"dtype\": NaN}}", 0, "header", "is not valid JSON at character"),
                header("{\"a\\ud800\": {}}", 0, "a\ud800", "has no dtype"),
                // Metadata
                header("{\"__metadata__\": null}", 0, "__metadata__", "is not an object"),
                header("{\"__metadata__\": []}", 0, "__metadata__", "is not an object"),
                header("{\"__metadata__\": {\"k\": 1}}", 0, "__metadata__", "not a string, under \"k\""),
                header("{\"__metadata__\": {\"k\": {}}}", 0, "__metadata__", "not a string, under \"k\""),
                header(metadata(100_001), 0, "__metadata__", "has more than 100000 entries"),
                // Entries
                header("{" + tensor("", 0, 1) + "}", 1, "header", "has a tensor with an empty name"),
                header("{" + tensor("n".repeat(4097), 0, 1) + "}", 1, "n".repeat(4097), "more than 4096 characters"),
                header("{\"a\": 1}", 0, "a", "is not an object with dtype, shape and data_offsets"),
                header("{\"a\": {}}", 0, "a", "has no dtype"),
                header(entry("'dtype': 'U8', 'shape': [1]"), 1, "a", "has no data_offsets"),
                header(entry("'dtype': 'U8', 'data_offsets': [0, 1]"), 1, "a", "has no shape"),
                header(entry("'dtype': 'U8', 'strides': [1]"), 1, "a", "has the unknown key \"strides\""),
                header(entry("'dtype': 8"), 1, "a", "dtype is not a string"),
                header(entry("'dtype': 'Q4_K'"), 1, "a", "dtype \"Q4_K\" is not one of the safetensors format"),
                header(entry("'dtype': 'f32'"), 1, "a", "dtype \"f32\" is not one of the safetensors format"),
                header(entry("'shape': {}"), 1, "a", "shape is not an array"),
                header(entry("'shape': [1.0]"), 1, "a", "shape holds something that is not an integer"),
                header(entry("'shape': [1e2]"), 1, "a", "shape holds something that is not an integer"),
                header(entry("'shape': ['1']"), 1, "a", "shape holds something that is not an integer"),
                header(entry("'shape': [[1]]"), 1, "a", "shape holds something that is not an integer"),
                header(entry("'shape': [-1]"), 1, "a", "shape holds a negative number"),
                header(entry("'shape': [9223372036854775808]"), 1, "a", "shape holds an integer of more than 63 bits"),
                header(entry("'shape': [1,1,1,1,1,1,1,1,1]"), 1, "a", "shape holds more than 8 numbers"),
                header(entry("'data_offsets': 0"), 1, "a", "data_offsets is not an array"),
                header(entry("'data_offsets': [0, 1, 2]"), 1, "a", "data_offsets holds more than 2 numbers"),
                header(entry("'data_offsets': [-1, 0]"), 1, "a", "data_offsets holds a negative number"),
                header(entry("U8", "[1]", "[0]"), 1, "a", "data_offsets has 1 numbers instead of 2"),
                header(entry("U8", "[1]", "[1, 0]"), 1, "a", "data_offsets begins at 1, after its end at 0"),
                header(entry("F32", "[2]", "[0, 7]"), 7, "a", "spans 7 bytes, but F32 [2] takes 8"),
                header(entry("F32", "[0]", "[0, 4]"), 4, "a", "spans 4 bytes, but F32 [0] takes 0"),
                header(entry("U8", "[4294967296, 4294967296]", "[0, 0]"), 0, "a", "has more elements than any file"),
                header(entry("F64", "[2305843009213693952]", "[0, 0]"), 0, "a", "has more elements than any file"),
                // Layout
                header("{" + tensor("a", 0, 2) + "," + tensor("b", 1, 3) + "}", 3, "b", "overlaps with \"a\""),
                header("{" + tensor("a", 0, 2) + "," + tensor("b", 0, 2) + "}", 2, "b", "overlaps with \"a\""),
                header("{" + tensor("a", 0, 2) + "," + tensor("b", 3, 4) + "}", 4, "b", "are in no tensor"),
                header("{" + tensor("a", 1, 2) + "}", 2, "a", "are in no tensor"),
                header("{" + tensor("a", 0, 2) + "}", 5, "header", "leaves 3 bytes after the last tensor"),
                header("{}", 5, "header", "leaves 5 bytes after the last tensor"),
                header("{" + tensor("a", 0, 9) + "}", 5, "header", "says that the data is 9 bytes long, but 5 bytes"),
                header(
                        "{" + tensor("a", 0, Long.MAX_VALUE) + "}",
                        5,
                        "header",
                        "says that the data is 9223372036854775807 bytes long, but 5 bytes are there"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"F4", "F6_E2M3", "F6_E3M2", "C64"})
    void knownButUnsupportedTypeIsRefusedByName(String dtype) {
        Path file = write(entry(dtype, "[2]", "[0, 1]"), 1);

        assertThatExceptionOfType(UnsupportedInputException.class)
                .isThrownBy(() -> SafetensorsHeader.read(file))
                .withMessageContaining("a: dtype " + dtype + " is not supported");
    }

    @ParameterizedTest
    @MethodSource("malformedFiles")
    void malformedFileIsRefused(byte[] content, String problem) {
        Path file = SafetensorsWriter.writeBytes(folder.resolve("model.safetensors"), content);

        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> SafetensorsHeader.read(file))
                .withMessageStartingWith(file + ": ")
                .withMessageContaining(problem);
    }

    static Stream<Arguments> malformedFiles() {
        return Stream.of(
                Arguments.of(new byte[0], "is too short to be a safetensors file: it has 0 bytes"),
                Arguments.of(new byte[7], "is too short to be a safetensors file: it has 7 bytes"),
                Arguments.of(new byte[8], "header: has length 0"),
                Arguments.of(prefixed(3, "{}"), "header: is truncated: it is 3 bytes long, but only 2 follow"),
                Arguments.of(prefixed(100_000_000, "{}"), "header: is truncated"),
                Arguments.of(prefixed(100_000_001, "{}"), "header: would be 100000001 bytes long, above the limit"),
                Arguments.of(prefixed(-1, "{}"), "header: would be 18446744073709551615 bytes long, above the limit"),
                Arguments.of(ascii("version https://git-lfs.github.com/spec/v1\n"), "is a Git LFS pointer"),
                Arguments.of(ascii("<!DOCTYPE html><html></html>"), "this is not a safetensors file"),
                Arguments.of(
                        SafetensorsWriter.bytes(new byte[] {'{', '"', (byte) 0xff, '"', '}'}, new byte[0]),
                        "header: is not valid UTF-8"),
                // Overlong encoding of a slash
                Arguments.of(
                        SafetensorsWriter.bytes(new byte[] {'{', '"', (byte) 0xc0, (byte) 0xaf, '"', '}'}, new byte[0]),
                        "header: is not valid UTF-8"));
    }

    @Test
    void fileCutAnywhereInTheHeaderIsRefused() {
        byte[] whole = SafetensorsWriter.bytes(small());
        int headerEnd = whole.length - 40;

        assertThat(IntStream.range(0, headerEnd)).allSatisfy(length -> assertRefused(Arrays.copyOf(whole, length)));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 15, 16, 17, 38, 39})
    void fileCutInTheDataIsTruncated(int dataBytes) {
        byte[] whole = SafetensorsWriter.bytes(small());

        assertThat(assertRefused(Arrays.copyOf(whole, whole.length - 40 + dataBytes)))
                .hasMessageContaining("says that the data is 40 bytes long, but " + dataBytes + " bytes are there");
    }

    @ParameterizedTest
    @ValueSource(strings = {"[", "{\"a\":"})
    void deepNestingIsRefused(String bracket) {
        String nested = "{\"metadata\":" + bracket.repeat(100_000);
        Path index =
                SafetensorsWriter.writeBytes(folder.resolve("index.json"), nested.getBytes(StandardCharsets.UTF_8));

        assertThat(assertRefused(SafetensorsWriter.bytes(nested, new byte[0]))).isNotNull();
        assertThatExceptionOfType(MalformedInputException.class)
                .isThrownBy(() -> WeightIndex.read(index))
                .withMessageContaining("is beyond what a checkpoint needs: Document nesting depth");
    }

    @Test
    void moreTensorsThanTheLimitAreRefused() {
        String header = IntStream.rangeClosed(0, HeaderJson.MAX_TENSORS)
                .mapToObj(name -> "\"" + name + "\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}")
                .collect(Collectors.joining(",", "{", "}"));

        assertThat(assertRefused(SafetensorsWriter.bytes(header, new byte[0])))
                .hasMessageContaining("names more than 1000000 tensors");
    }

    @Test
    void emptyHeaderOfTheLongestLengthIsRefused() throws IOException {
        Path file = folder.resolve("model.safetensors");
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.write(prefixed(SafetensorsHeader.MAX_HEADER_SIZE, ""));
            sparse.setLength(8L + SafetensorsHeader.MAX_HEADER_SIZE);
        }

        assertThatExceptionOfType(MalformedInputException.class)
                .isThrownBy(() -> SafetensorsHeader.read(file))
                .withMessageContaining("does not begin with '{'");
    }

    @Test
    void hostileNameCannotBreakTheMessage() {
        String header = entry("'dtype': '\\u001b[2J\\n%s'".formatted("x".repeat(5000)));

        assertThat(assertRefused(SafetensorsWriter.bytes(header, new byte[0])).getMessage())
                .hasSizeLessThan(500)
                .contains("dtype \"\\u001b[2J\\u000axxx")
                .doesNotContain("\n", "\u001b");
    }

    @Test
    void whatIsNotAFileIsRefused() {
        assertThatExceptionOfType(MalformedInputException.class)
                .isThrownBy(() -> SafetensorsHeader.read(folder))
                .withMessage(folder + ": is a folder, not a file; name a file");
        assertThatExceptionOfType(MissingInputException.class)
                .isThrownBy(() -> SafetensorsHeader.read(folder.resolve("none")))
                .withMessageContaining("does not exist");
    }

    private InputException assertRefused(byte[] content) {
        Path file = SafetensorsWriter.writeBytes(folder.resolve("model.safetensors"), content);
        InputException refusal = catchThrowableOfType(InputException.class, () -> SafetensorsHeader.read(file));
        assertThat(refusal).isNotNull();
        return refusal;
    }

    private Path write(String header, int dataBytes) {
        return SafetensorsWriter.writeBytes(
                folder.resolve("model.safetensors"), SafetensorsWriter.bytes(header, new byte[dataBytes]));
    }

    private static Map<String, Tensor> small() {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put("model.embed_tokens.weight", new Tensor(DType.BF16, List.of(4L, 2L), new byte[16]));
        tensors.put("model.norm.weight", new Tensor(DType.F32, List.of(6L), new byte[24]));
        return tensors;
    }

    private static Arguments header(String header, int dataBytes, String field, String problem) {
        return Arguments.of(header, dataBytes, field, problem);
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

    private static String metadata(int entries) {
        return IntStream.range(0, entries)
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
