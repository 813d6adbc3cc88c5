package io.github.swscan.checkpoint.blocks;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.checkpoint.tensor.DType;
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
 * in binary16, {@code 00 34} are 0.25 and {@code 00 BC} are -1; bytes that are not given are 0. Points of grids are
 * those of ggml-common.h too, the lowest byte first.
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
                // Bits 0 and 2 of the first byte and bit 7 of the last are set.
                block(
                        DType.Q1_0,
                        "0: 00 38, 2: 05, 17: 80",
                        Map.of(0, 0.5f, 1, -0.5f, 2, 0.5f, 8, -0.5f, 126, -0.5f, 127, 0.5f)),
                // E4 is 3, 2, 1, 0 from the upper bits to the lower: numbers 3, 2, 1 and 0.
                block(
                        DType.Q2_0,
                        "0: 00 38, 2: E4, 17: C0",
                        Map.of(0, 0.5f * -1, 1, 0f, 2, 0.5f * 1, 3, 0.5f * 2, 62, 0.5f * -1, 63, 0.5f * 2)),
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
                // Codes 7FF, 2 and 7FE are the points 1 1 ..., 0 0 -1 ... and -1 1 ...; the first shift is negative.
                block(
                        DType.IQ1_S,
                        "0: 00 38, 2: FF 02, 33: FE, 34: 07 B0, 48: 00 7E",
                        Map.of(
                                0, 0.5f * 7 * (1 - 0.125f),
                                8, 0.5f * 7 * (0 - 0.125f),
                                10, 0.5f * 7 * (-1 - 0.125f),
                                248, 0.5f * 15 * (-1 + 0.125f),
                                255, 0.5f * 15 * (1 + 0.125f))),
                // The same points and 1 -1 ...; the upper halves of the last bytes of four words are the scale 0.5.
                block(
                        DType.IQ1_M,
                        "0: FF 02 01, 31: FE, 32: 87, 47: F0, 48: 2B 00, 53: 80 00 3E",
                        Map.of(
                                0, 0.5f * 7 * (1 + 0.125f),
                                8, 0.5f * 7 * (0 - 0.125f),
                                16, 0.5f * 11 * (1 + 0.125f),
                                17, 0.5f * 11 * (-1 + 0.125f),
                                248, 0.5f * 15 * (-1 - 0.125f),
                                255, 0.5f * 15 * (1 - 0.125f))),
                // Codes 1 and FF are the points 43 8 ... and 8 25 8 8 25 43 43 43. Of the first two points the numbers
                // 0 and 1
                // are negative, and 0 and the last, which makes it an even number of them; of the last point all.
                block(
                        DType.IQ2_XXS,
                        "0: 00 38, 2: 01 FF 00 00 83 00 00 30, 61: FF 00 00 E0 FF",
                        Map.of(
                                0, 0.5f * 3.5f / 4 * -43,
                                1, 0.5f * 3.5f / 4 * -8,
                                2, 0.5f * 3.5f / 4 * 8,
                                8, 0.5f * 3.5f / 4 * -8,
                                9, 0.5f * 3.5f / 4 * 25,
                                15, 0.5f * 3.5f / 4 * -43,
                                248, 0.5f * 15.5f / 4 * -8,
                                255, 0.5f * 15.5f / 4 * -43)),
                // Codes 1FF, 1 and 1FE are the points 43 43 ..., 43 8 ... and 25 8 25 43 ...
                block(
                        DType.IQ2_XS,
                        "0: 00 38, 2: FF 03 00 00 01 00, 64: FE FD 53, 73: F0",
                        Map.of(
                                0, 0.5f * 3.5f / 4 * -43,
                                1, 0.5f * 3.5f / 4 * 43,
                                7, 0.5f * 3.5f / 4 * -43,
                                8, 0.5f * 3.5f / 4 * 8,
                                16, 0.5f * 5.5f / 4 * 43,
                                17, 0.5f * 5.5f / 4 * 8,
                                248, 0.5f * 15.5f / 4 * 25,
                                249, 0.5f * 15.5f / 4 * -8,
                                255, 0.5f * 15.5f / 4 * 43)),
                // Codes 3FF, 3FE and 1 are the points 43 43 ..., 8 43 8 43 ... and 43 8 ...
                block(
                        DType.IQ2_S,
                        "0: 00 38, 2: FF 00 00 FE, 33: 01 81 00 00 02, 65: 80 C3, 74: 53, 81: F0",
                        Map.of(
                                0, 0.5f * 3.5f / 4 * -43,
                                6, 0.5f * 3.5f / 4 * 43,
                                7, 0.5f * 3.5f / 4 * -43,
                                8, 0.5f * 3.5f / 4 * 8,
                                24, 0.5f * 5.5f / 4 * 8,
                                25, 0.5f * 5.5f / 4 * -43,
                                27, 0.5f * 5.5f / 4 * 43,
                                248, 0.5f * 15.5f / 4 * 43,
                                255, 0.5f * 15.5f / 4 * -8)),
                // Codes FF and 5 are the points 4 28 52 62 and 62 12 4 4.
                block(
                        DType.IQ3_XXS,
                        "0: 00 38, 2: FF 05, 65: FF 11 00 00 30, 94: 00 00 E0 FF",
                        Map.of(
                                0, 0.5f * 3.5f / 2 * -4,
                                1, 0.5f * 3.5f / 2 * 28,
                                3, 0.5f * 3.5f / 2 * 62,
                                4, 0.5f * 3.5f / 2 * -62,
                                5, 0.5f * 3.5f / 2 * 12,
                                247, 0.5f * 15.5f / 2 * 4,
                                248, 0.5f * 15.5f / 2 * -4,
                                255, 0.5f * 15.5f / 2 * -62)),
                // Codes 1FF and 4 are the points 1 1 15 15 and 15 1 1 1.
                block(
                        DType.IQ3_S,
                        "0: 00 38, 2: FF 04 00 FF, 65: FF 09, 73: 80 90, 105: 80 53, 109: F0",
                        Map.of(
                                0, 0.5f * 7 * 1,
                                2, 0.5f * 7 * 15,
                                4, 0.5f * 7 * -15,
                                5, 0.5f * 7 * 1,
                                7, 0.5f * 7 * -1,
                                12, 0.5f * 7 * 1,
                                14, 0.5f * 7 * 15,
                                32, 0.5f * 11 * 1,
                                252, 0.5f * 31 * 1,
                                255, 0.5f * 31 * -15)),
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
                                255, 0.5f * 31 * 113)),
                // B7 is 0.20102 in base 3, FF is 0.22222 and 0 is 0.00000.
                block(
                        DType.TQ1_0,
                        "0: B7 FF, 47: B7, 51: B7 00 38",
                        Map.of(
                                0, 0.5f * 1,
                                32, 0.5f * -1,
                                64, 0.5f * 0,
                                96, 0.5f * -1,
                                128, 0.5f * 1,
                                129, 0.5f * 1,
                                175, 0.5f * 1,
                                191, 0.5f * -1,
                                243, 0.5f * 1,
                                255, 0.5f * -1)),
                block(
                        DType.TQ2_0,
                        "0: E4, 63: C0 00 38",
                        Map.of(0, 0.5f * -1, 32, 0f, 64, 0.5f * 1, 96, 0.5f * 2, 159, 0.5f * -1, 255, 0.5f * 2)),
                // A, 3, 0 and F stand for -1, 1.5, 0 and -6.
                block(DType.MXFP4, "0: 80 3A, 16: F0", Map.of(0, 2f * -1, 16, 2 * 1.5f, 15, 0f, 31, 2f * -6)),
                block(DType.MXFP4, "0: 00 18", Map.of(0, 0f, 16, 0x1p-128f)),
                // What stands for NaN in the standard is 2^128 in ggml.
                block(DType.MXFP4, "0: FF 12", Map.of(0, Float.POSITIVE_INFINITY, 16, 0x1p127f, 1, 0f)),
                block(
                        DType.NVFP4,
                        "0: 38 40 01 7E, 4: 3A, 12: 72, 20: 01, 35: F0",
                        Map.of(
                                0,
                                1f * -1,
                                8,
                                1 * 1.5f,
                                16,
                                2f * 1,
                                24,
                                2f * 6,
                                32,
                                0x1p-9f * 0.5f,
                                55,
                                0f,
                                63,
                                448f * -6)),
                // What stands for NaN in the standard is 0 in ggml, and signs of scales do not count.
                block(DType.NVFP4, "0: 7F B8, 4: 77, 12: 77", Map.of(0, 0f, 8, 0f, 16, 1f * 6, 24, 1f * 6)));
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

    /** Where scales are, in binary16. */
    private static final Map<DType, List<Integer>> SCALES = Map.ofEntries(
            Map.entry(DType.Q1_0, List.of(0)),
            Map.entry(DType.Q2_0, List.of(0)),
            Map.entry(DType.Q4_0, List.of(0)),
            Map.entry(DType.Q4_1, List.of(0, 2)),
            Map.entry(DType.Q5_0, List.of(0)),
            Map.entry(DType.Q5_1, List.of(0, 2)),
            Map.entry(DType.Q8_0, List.of(0)),
            Map.entry(DType.Q2_K, List.of(80, 82)),
            Map.entry(DType.Q3_K, List.of(108)),
            Map.entry(DType.Q4_K, List.of(0, 2)),
            Map.entry(DType.Q5_K, List.of(0, 2)),
            Map.entry(DType.Q6_K, List.of(208)),
            Map.entry(DType.IQ1_S, List.of(0)),
            Map.entry(DType.IQ2_XXS, List.of(0)),
            Map.entry(DType.IQ2_XS, List.of(0)),
            Map.entry(DType.IQ2_S, List.of(0)),
            Map.entry(DType.IQ3_XXS, List.of(0)),
            Map.entry(DType.IQ3_S, List.of(0)),
            Map.entry(DType.IQ4_NL, List.of(0)),
            Map.entry(DType.IQ4_XS, List.of(0)),
            Map.entry(DType.TQ1_0, List.of(52)),
            Map.entry(DType.TQ2_0, List.of(64)));

    static Stream<Arguments> scalesThatAreNotFinite() {
        return Stream.concat(
                SCALES.entrySet().stream().flatMap(format -> format.getValue().stream()
                        .flatMap(scale -> Stream.of("00 7E", "FF FF", "00 7C", "00 FC")
                                .map(bytes -> Arguments.of(format.getKey(), scale + ": " + bytes)))),
                // In quarters, each in the upper half of its byte.
                Stream.of("53: E0 00 70", "49: F0 00 F0 00 F0 00 F0", "53: C0 00 70", "53: C0 00 F0")
                        .map(bytes -> Arguments.of(DType.IQ1_M, bytes)));
    }

    @ParameterizedTest
    @MethodSource
    void scalesThatAreNotFinite(DType format, String given) {
        float[] values = new float[format.blockElements()];
        QuantizedBlocks.decode(format, block(format, given), values);

        for (float value : values) {
            assertThat(value).matches(number -> !Float.isFinite(number), "not finite");
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyFormatHasAHandMadeBlock(DType format) {
        assertThat(blocks().anyMatch(arguments -> arguments.get()[0] == format)).isEqualTo(format.isInBlocks());
        assertThat(scalesThatAreNotFinite().anyMatch(arguments -> arguments.get()[0] == format))
                .isEqualTo(format.isInBlocks() && format != DType.MXFP4 && format != DType.NVFP4);
    }
}
