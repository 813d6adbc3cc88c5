package io.github.swscan.checkpoint.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.checkpoint.tensor.TensorLimits;
import io.github.swscan.fixture.SafetensorsWriter;
import io.github.swscan.fixture.SafetensorsWriter.Tensor;
import io.github.swscan.input.InputException;
import io.github.swscan.input.LocalSource;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.MissingInputException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
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

        assertThat(SafetensorsHeader.read(LocalSource.of(file)))
                .containsExactly(
                        new TensorInfo("a", DType.BF16, List.of(3L, 1L), file, start, 6),
                        new TensorInfo("empty", DType.F32, List.of(2L, 0L), file, start + 6, 0),
                        new TensorInfo("b", DType.I64, List.of(), file, start + 6, 8));
    }

    @Test
    void headerWithoutTensorsIsLegal() {
        assertThat(SafetensorsHeader.read(LocalSource.of(write("{}", 0)))).isEmpty();
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

        assertThat(assertRefused(SafetensorsWriter.bytes(nested, new byte[0]))).isNotNull();
    }

    @Test
    void moreTensorsThanTheLimitAreRefused() {
        String header = IntStream.rangeClosed(0, TensorLimits.MAX_TENSORS)
                .mapToObj(name -> "\"" + name + "\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}")
                .collect(Collectors.joining(",", "{", "}"));

        assertThat(assertRefused(SafetensorsWriter.bytes(header, new byte[0])))
                .hasMessageContaining("names more than 1000000 tensors");
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
                .isThrownBy(() -> SafetensorsHeader.read(LocalSource.of(folder)))
                .withMessage(folder + ": is a folder, not a file; name a file");
        assertThatExceptionOfType(MissingInputException.class)
                .isThrownBy(() -> SafetensorsHeader.read(LocalSource.of(folder.resolve("none"))))
                .withMessageContaining("does not exist");
    }

    private InputException assertRefused(byte[] content) {
        Path file = SafetensorsWriter.writeBytes(folder.resolve("model.safetensors"), content);
        InputException refusal =
                catchThrowableOfType(InputException.class, () -> SafetensorsHeader.read(LocalSource.of(file)));
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

    private static String entry(String members) {
        return "{\"a\": {" + members.replace('\'', '"') + "}}";
    }
}
