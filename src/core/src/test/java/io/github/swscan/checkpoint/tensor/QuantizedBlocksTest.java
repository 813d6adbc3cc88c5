package io.github.swscan.checkpoint.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Blocks put together by hand from the layouts that ggml gives in ggml-common.h. The bytes {@code 00 38} are the scale 0.5
 * in binary16, {@code 00 34} are 0.25 and {@code 00 BC} are -1; bytes that are not given are 0.
 */
class QuantizedBlocksTest {

    private static byte[] block(DType format, String given) {
        byte[] block = new byte[format.bytes()];
        for (String part : given.split(", ", -1)) {
            int colon = part.indexOf(": ");
            byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(part.substring(colon + 2));
            System.arraycopy(bytes, 0, block, Integer.parseInt(part.substring(0, colon)), bytes.length);
        }
        return block;
    }

    private static Arguments block(DType format, String given, Map<Integer, Float> numbers) {
        return Arguments.of(format, block(format, given), numbers);
    }

    static Stream<Arguments> blocks() {
        return Stream.of(
                // The lower half of byte i is number i, its upper half number 16 + i.
                block(
                        DType.Q4_0,
                        "0: 00 38, 2: 3A, 17: F0",
                        Map.of(
                                0, 0.5f * (0xA - 8),
                                16, 0.5f * (0x3 - 8),
                                15, 0.5f * (0x0 - 8),
                                31, 0.5f * (0xF - 8),
                                1, 0.5f * (0x0 - 8))),
                block(
                        DType.Q4_1,
                        "0: 00 38 00 BC, 4: 3A, 19: F0",
                        Map.of(
                                0, 0.5f * 0xA - 1,
                                16, 0.5f * 0x3 - 1,
                                15, 0.5f * 0x0 - 1,
                                31, 0.5f * 0xF - 1,
                                1, 0.5f * 0x0 - 1)),
                // Fifth bits 0, 15, 16 and 31 are set.
                block(
                        DType.Q5_0,
                        "0: 00 38, 2: 01 80 01 80, 6: 3A 54, 21: F0",
                        Map.of(
                                0, 0.5f * (0x1A - 16),
                                16, 0.5f * (0x13 - 16),
                                1, 0.5f * (0x04 - 16),
                                17, 0.5f * (0x05 - 16),
                                15, 0.5f * (0x10 - 16),
                                31, 0.5f * (0x1F - 16))),
                block(
                        DType.Q5_1,
                        "0: 00 38 00 BC, 4: 01 80 01 80, 8: 3A 54, 23: F0",
                        Map.of(
                                0, 0.5f * 0x1A - 1,
                                16, 0.5f * 0x13 - 1,
                                1, 0.5f * 0x04 - 1,
                                17, 0.5f * 0x05 - 1,
                                15, 0.5f * 0x10 - 1,
                                31, 0.5f * 0x1F - 1)),
                block(
                        DType.Q8_0,
                        "0: 00 38, 2: 7F 80 FF, 33: 01",
                        Map.of(0, 0.5f * 127, 1, 0.5f * -128, 2, 0.5f * -1, 3, 0f, 31, 0.5f * 1)),
                // E4 is 3, 2, 1, 0 from the upper bits to the lower: numbers 0, 32, 64 and 96, of groups 0, 2, 4 and 6.
                block(
                        DType.Q2_K,
                        "0: 52 00 41 00 32 00 23, 9: A3, 15: 1F, 16: E4, 64: 02, 79: C0, 80: 00 38 00 34",
                        Map.of(
                                0, 0.5f * 2 * 0 - 0.25f * 5,
                                32, 0.5f * 1 * 1 - 0.25f * 4,
                                64, 0.5f * 2 * 2 - 0.25f * 3,
                                96, 0.5f * 3 * 3 - 0.25f * 2,
                                144, 0.5f * 3 * 2 - 0.25f * 10,
                                255, 0.5f * 15 * 3 - 0.25f * 1)),
                // Of the third bits those of numbers 0 and 128 are set; without it, 4 goes off.
                block(
                        DType.Q3_K,
                        "0: 11, 32: 1B, 64: 03, 95: 40, 96: A5 00 07, 103: C0, 104: 13 00 01 40, 108: 00 38",
                        Map.of(
                                0, 0.5f * (0x35 - 32) * 3,
                                32, 0.5f * (0x17 - 32) * (2 - 4),
                                64, 0.5f * (0x00 - 32) * (1 - 4),
                                96, 0.5f * (0x00 - 32) * (0 - 4),
                                128, 0.5f * (0x1A - 32) * 3,
                                255, 0.5f * (0x1C - 32) * (1 - 4))),
                // Group 4 has the scale A | 83 >> 6 << 4 and the minimum 9 | 45 >> 6 << 4.
                block(
                        DType.Q4_K,
                        "0: 00 38 00 34, 4: 83 04 00 C0 45 06 00 40 9A 00 00 21, 16: 72, 80: 0D, 143: 10",
                        Map.of(
                                0, 0.5f * 0x03 * 0x2 - 0.25f * 0x05,
                                32, 0.5f * 0x04 * 0x7 - 0.25f * 0x06,
                                128, 0.5f * 0x2A * 0xD - 0.25f * 0x19,
                                255, 0.5f * 0x31 * 0x1 - 0.25f * 0x12)),
                // The same with fifth bits of numbers 0, 128 and 255.
                block(
                        DType.Q5_K,
                        "0: 00 38 00 34, 4: 83 04 00 C0 45 06 00 40 9A 00 00 21, 16: 11, 47: 80, 48: 72, 112: 0D, 175: 10",
                        Map.of(
                                0, 0.5f * 0x03 * 0x12 - 0.25f * 0x05,
                                32, 0.5f * 0x04 * 0x07 - 0.25f * 0x06,
                                128, 0.5f * 0x2A * 0x1D - 0.25f * 0x19,
                                255, 0.5f * 0x31 * 0x11 - 0.25f * 0x12)),
                // E1 is 3, 2, 0, 1: the upper bits of numbers 96, 64, 32 and 0.
                block(
                        DType.Q6_K,
                        "0: 5A, 32: F7, 127: 90, 128: E1, 191: 80, 192: 02 00 FF 00 80 00 7F, 207: 03, 208: 00 38",
                        Map.of(
                                0, 0.5f * 2 * (0x1A - 32),
                                32, 0.5f * -1 * (0x07 - 32),
                                64, 0.5f * -128 * (0x25 - 32),
                                96, 0.5f * 127 * (0x3F - 32),
                                255, 0.5f * 3 * (0x29 - 32))),
                // A, 3, 0 and F stand for 25, -65, -127 and 113.
                block(
                        DType.IQ4_NL,
                        "0: 00 38, 2: 3A, 17: F0",
                        Map.of(0, 0.5f * 25, 16, 0.5f * -65, 15, 0.5f * -127, 31, 0.5f * 113, 1, 0.5f * -127)),
                // The scale of group 0 is 0x21 less 32, of group 1 0x05, of group 7 0x3F; of the others 0.
                block(
                        DType.IQ4_XS,
                        "0: 00 38, 2: 02 C0, 4: 51 00 00 F0, 8: 3A, 24: 3A, 135: F0",
                        Map.of(
                                0, 0.5f * 1 * 25,
                                16, 0.5f * 1 * -65,
                                32, 0.5f * (5 - 32) * 25,
                                48, 0.5f * (5 - 32) * -65,
                                64, 0.5f * -32 * -127,
                                239, 0.5f * 31 * -127,
                                255, 0.5f * 31 * 113)));
    }

    @ParameterizedTest
    @MethodSource("blocks")
    void numbersAreThoseOfTheLayout(DType format, byte[] block, Map<Integer, Float> numbers) {
        float[] values = new float[format.blockElements()];
        QuantizedBlocks.decode(format, block, values);

        numbers.forEach((index, number) ->
                assertThat(values[index]).as("number %d", index).isEqualTo(number));
    }

    @ParameterizedTest
    @MethodSource("blocks")
    void blocksLieOneAfterTheOther(DType format, byte[] block, Map<Integer, Float> numbers) {
        byte[] second = new byte[3 * block.length];
        System.arraycopy(block, 0, second, block.length, block.length);
        float[] values = new float[3 * format.blockElements()];
        QuantizedBlocks.decode(format, second, values);

        numbers.forEach((index, number) ->
                assertThat(values[format.blockElements() + index]).isEqualTo(number));
        // Scales of 0 make zeros, whatever is subtracted from what is stored.
        assertThat(values[0]).isZero();
        assertThat(values[values.length - 1]).isZero();
    }

    static Stream<Arguments> scales() {
        return Stream.of(
                Arguments.of(DType.Q4_0, List.of(0)),
                Arguments.of(DType.Q4_1, List.of(0, 2)),
                Arguments.of(DType.Q5_0, List.of(0)),
                Arguments.of(DType.Q5_1, List.of(0, 2)),
                Arguments.of(DType.Q8_0, List.of(0)),
                Arguments.of(DType.Q2_K, List.of(80, 82)),
                Arguments.of(DType.Q3_K, List.of(108)),
                Arguments.of(DType.Q4_K, List.of(0, 2)),
                Arguments.of(DType.Q5_K, List.of(0, 2)),
                Arguments.of(DType.Q6_K, List.of(208)),
                Arguments.of(DType.IQ4_NL, List.of(0)),
                Arguments.of(DType.IQ4_XS, List.of(0)));
    }

    @ParameterizedTest
    @MethodSource("scales")
    void scalesThatAreNotFiniteMakeNumbersThatAreNot(DType format, List<Integer> scales) {
        for (int scale : scales) {
            for (String notFinite : List.of("00 7E", "FF FF", "00 7C", "00 FC")) {
                byte[] block = block(format, scale + ": " + notFinite);
                float[] values = new float[format.blockElements()];
                QuantizedBlocks.decode(format, block, values);

                for (float value : values) {
                    assertThat(value)
                            .as("%s at byte %d", notFinite, scale)
                            .matches(number -> !Float.isFinite(number), "not finite");
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyFormatHasAHandMadeBlock(DType format) {
        assertThat(blocks().anyMatch(arguments -> arguments.get()[0] == format)).isEqualTo(format.isInBlocks());
        assertThat(scales().anyMatch(arguments -> arguments.get()[0] == format)).isEqualTo(format.isInBlocks());
    }
}
