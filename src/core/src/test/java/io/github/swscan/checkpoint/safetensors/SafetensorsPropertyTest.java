package io.github.swscan.checkpoint.safetensors;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.fixture.SafetensorsWriter;
import io.github.swscan.fixture.SafetensorsWriter.Tensor;
import io.github.swscan.fixture.StoredBytes;
import io.github.swscan.input.InputException;
import io.github.swscan.input.LocalFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

class SafetensorsPropertyTest {
    private static final byte[] VALID = SafetensorsWriter.bytes("""
            {"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},\
            "b":{"dtype":"BF16","shape":[],"data_offsets":[24,26]},"c":{"dtype":"I8","shape":[6],"data_offsets":[26,32]}}""", new byte[32]);
    private static final int VALID_HEADER_END = VALID.length - 32;

    private static Path file;

    @BeforeContainer
    static void createFile() throws IOException {
        file = Files.createTempFile("property", ".safetensors");
    }

    @AfterContainer
    static void deleteFile() throws IOException {
        Files.delete(file);
    }

    @Property(tries = 500)
    void whatIsWrittenIsRead(@ForAll("tensors") Map<String, Tensor> tensors) {
        SafetensorsWriter.write(file, tensors);

        Checkpoint checkpoint = open();

        assertThat(checkpoint.tensors()).hasSameSizeAs(tensors);
        tensors.forEach((name, tensor) -> {
            TensorInfo info = checkpoint.find(name).orElseThrow();
            assertThat(info.dtype()).isEqualTo(tensor.dtype());
            assertThat(info.shape()).isEqualTo(tensor.shape());
            assertThat(content(checkpoint, info)).isEqualTo(tensor.data());
        });
    }

    @Property(tries = 3000)
    void changedBytesAreReadOrRefused(@ForAll @Size(min = 1, max = 4) List<@IntRange(max = 1 << 24) Integer> changes) {
        byte[] content = VALID.clone();
        for (int change : changes) {
            content[(change >>> 8) % VALID_HEADER_END] = (byte) change;
        }
        assertReadOrRefused(content);
    }

    @Property(tries = 2000)
    void changedJsonIsReadOrRefused(
            @ForAll @IntRange(min = 8) int position,
            @ForAll @IntRange(max = 8) int removed,
            @ForAll("pieces") String piece) {
        String header = new String(VALID, Long.BYTES, VALID_HEADER_END - Long.BYTES, StandardCharsets.UTF_8);
        int begin = position % header.length();
        int end = Math.min(begin + removed, header.length());
        assertReadOrRefused(
                SafetensorsWriter.bytes(header.substring(0, begin) + piece + header.substring(end), new byte[32]));
    }

    @Provide
    Arbitrary<String> pieces() {
        return Arbitraries.of(
                "",
                "{",
                "}",
                "[",
                "]",
                "\"",
                ",",
                ":",
                "0",
                "-",
                "9",
                "1e9",
                "99999999999999999999",
                "null",
                "\\",
                "\n",
                "\"a\":",
                "\"dtype\"",
                "F64",
                "\"\":{}",
                "\\ud800",
                "\0",
                "é");
    }

    @Provide
    Arbitrary<Map<String, Tensor>> tensors() {
        Arbitrary<String> names = Arbitraries.strings()
                .all()
                .ofMinLength(1)
                .ofMaxLength(40)
                .filter(StandardCharsets.UTF_8.newEncoder()::canEncode)
                .filter(name -> !name.equals("__metadata__"));
        Arbitrary<List<Long>> shapes = Arbitraries.longs().between(0, 4).list().ofMaxSize(4);
        Arbitrary<Tensor> tensors = Combinators.combine(
                        Arbitraries.of(DType.class).filter(dtype -> !dtype.isInBlocks()), shapes)
                .flatAs((dtype, shape) -> Arbitraries.bytes()
                        .array(byte[].class)
                        .ofSize((int) TensorInfo.bytes(dtype, shape))
                        .map(data -> new Tensor(dtype, shape, data)));
        return Combinators.combine(names, tensors)
                .as(Tuple::of)
                .list()
                .uniqueElements(Tuple.Tuple2::get1)
                .ofMaxSize(6)
                .map(entries -> {
                    Map<String, Tensor> map = new LinkedHashMap<>();
                    entries.forEach(entry -> map.put(entry.get1(), entry.get2()));
                    return map;
                });
    }

    /** Whatever is accepted can be read to its last byte; any exception but a refusal fails the test. */
    private static void assertReadOrRefused(byte[] content) {
        SafetensorsWriter.writeBytes(file, content);
        try {
            Checkpoint checkpoint = open();
            checkpoint.tensors().values().forEach(tensor -> assertThat(content(checkpoint, tensor))
                    .hasSize((int) tensor.bytes()));
        } catch (InputException refusal) {
            assertThat(refusal.getMessage()).startsWith(file + ": ").doesNotContain("\n");
        }
    }

    private static Checkpoint open() {
        return Checkpoint.open(new CheckpointLocation(
                file,
                LocalFolder.around(file),
                List.of(file),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                List.of()));
    }

    private static byte[] content(Checkpoint checkpoint, TensorInfo tensor) {
        return StoredBytes.of(checkpoint, tensor).array();
    }
}
