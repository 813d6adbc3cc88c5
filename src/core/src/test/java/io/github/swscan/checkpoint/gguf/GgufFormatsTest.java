package io.github.swscan.checkpoint.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.fixture.GgufWriter;
import io.github.swscan.input.InputException;
import io.github.swscan.input.LocalSource;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** All numbers that formats of tensors have in ggml.h, those among them that no file has any more. */
class GgufFormatsTest {

    private static final List<String> READ = List.of(
            "0 F32 1024",
            "1 F16 512",
            "2 Q4_0 144",
            "3 Q4_1 160",
            "6 Q5_0 176",
            "7 Q5_1 192",
            "8 Q8_0 272",
            "10 Q2_K 84",
            "11 Q3_K 110",
            "12 Q4_K 144",
            "13 Q5_K 176",
            "14 Q6_K 210",
            "16 IQ2_XXS 66",
            "17 IQ2_XS 74",
            "18 IQ3_XXS 98",
            "19 IQ1_S 50",
            "20 IQ4_NL 144",
            "21 IQ3_S 110",
            "22 IQ2_S 82",
            "23 IQ4_XS 136",
            "24 I8 256",
            "25 I16 512",
            "26 I32 1024",
            "27 I64 2048",
            "28 F64 2048",
            "29 IQ1_M 56",
            "30 BF16 512",
            "34 TQ1_0 54",
            "35 TQ2_0 66",
            "39 MXFP4 136",
            "40 NVFP4 144",
            "41 Q1_0 36",
            "42 Q2_0 72");

    private static final List<String> REFUSED = List.of(
            "4 Q4_2",
            "5 Q4_3",
            "9 Q8_1",
            "15 Q8_K",
            "31 Q4_0_4_4",
            "32 Q4_0_4_8",
            "33 Q4_0_8_8",
            "36 IQ4_NL_4_4",
            "37 IQ4_NL_4_8",
            "38 IQ4_NL_8_8");

    @TempDir
    private Path folder;

    static Stream<Arguments> read() {
        return READ.stream().map(line -> Arguments.of((Object[]) line.split(" ")));
    }

    static Stream<Arguments> refused() {
        return REFUSED.stream().map(line -> Arguments.of((Object[]) line.split(" ")));
    }

    static IntStream numbers() {
        return IntStream.rangeClosed(0, 42);
    }

    /** A file with a tensor of 256 numbers. */
    private GgufFile file(int format, int bytes) {
        Path file = new GgufWriter()
                .tensor("a", format, List.of(256L), new byte[bytes])
                .write(folder.resolve("a.gguf"));
        return GgufFile.read(LocalSource.of(file));
    }

    @ParameterizedTest
    @MethodSource
    void read(int number, String name, int bytes) {
        TensorInfo tensor = file(number, bytes).tensors().get(0);

        assertThat(tensor.dtype().name()).isEqualTo(name);
        assertThat(tensor.bytes()).isEqualTo(bytes);
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> file(number, bytes - 32))
                .withMessageContaining("a: reaches beyond the end of the file");
    }

    @ParameterizedTest
    @MethodSource
    void refused(int number, String name) {
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> file(number, 4096))
                .withMessageContaining("a: numbers in the format " + name + " are not supported");
    }

    @ParameterizedTest
    @MethodSource
    void numbers(int number) {
        assertThat(Stream.of(READ, REFUSED).flatMap(List::stream)).anyMatch(line -> line.startsWith(number + " "));
    }
}
