package io.github.swscan.checkpoint.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.EnumSet;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class DTypeValueTest {

    private static final Set<DType> COMPUTABLE =
            EnumSet.of(DType.F64, DType.F32, DType.F16, DType.BF16, DType.F8_E4M3, DType.F8_E5M2);

    private static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static float read(DType dtype, int bits) {
        return dtype.floatAt(buffer(2).putShort(0, (short) bits), 0);
    }

    @ParameterizedTest
    @EnumSource
    void onlyFloatingPointTypesAreComputable(DType dtype) {
        assertThat(dtype.isComputable()).isEqualTo(COMPUTABLE.contains(dtype) || dtype.isInBlocks());
        if (!COMPUTABLE.contains(dtype)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> dtype.floatAt(buffer(8), 0))
                    .withMessageContaining(dtype.name());
        }
    }

    @Test
    void everyPatternOfBinary16IsRead() {
        for (int bits = 0; bits <= 0xFFFF; bits++) {
            assertBits(read(DType.F16, bits), binary(bits, 5, 10));
        }
    }

    @Test
    void everyPatternOfBfloat16IsRead() {
        for (int bits = 0; bits <= 0xFFFF; bits++) {
            assertBits(read(DType.BF16, bits), binary(bits, 8, 7));
        }
    }

    /** What IEEE 754 says of a pattern, by way of a hexadecimal literal. */
    private static float binary(int bits, int exponentBits, int fractionBits) {
        int bias = (1 << (exponentBits - 1)) - 1;
        int exponent = (bits >>> fractionBits) & ((1 << exponentBits) - 1);
        int fraction = bits & ((1 << fractionBits) - 1);
        String sign = (bits & 0x8000) == 0 ? "" : "-";
        if (exponent == (1 << exponentBits) - 1) {
            return fraction == 0 ? Float.parseFloat(sign + "Infinity") : Float.NaN;
        }
        int leading = exponent == 0 ? 0 : 1;
        String digits = "%03x".formatted(fraction << (12 - fractionBits));
        int power = Math.max(exponent, 1) - bias;
        return Float.parseFloat("%s0x%d.%sp%d".formatted(sign, leading, digits, power));
    }

    private static void assertBits(float actual, float expected) {
        if (Float.floatToIntBits(actual) != Float.floatToIntBits(expected)) {
            assertThat(actual).isEqualTo(expected);
            assertThat(Float.floatToIntBits(actual)).isEqualTo(Float.floatToIntBits(expected));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0x3C00, 1",
        "0xC000, -2",
        "0x7BFF, 65504",
        "0x0400, 6.103515625e-5",
        "0x0001, 5.9604644775390625e-8",
        "0x03FF, 6.097555160522461e-5",
        "0x3555, 0.333251953125"
    })
    void wellKnownPatternsOfBinary16(String bits, float value) {
        assertThat(read(DType.F16, Integer.decode(bits))).isEqualTo(value);
    }

    @ParameterizedTest
    @CsvSource({"0x3F80, 1", "0xC000, -2", "0x4049, 3.140625", "0x7F7F, 3.3895314e38", "0x0001, 9.18355e-41"})
    void wellKnownPatternsOfBfloat16(String bits, float value) {
        assertThat(read(DType.BF16, Integer.decode(bits))).isEqualTo(value);
    }

    @Test
    void widerTypesAreReadAtAnyByteIndexWhateverThePosition() {
        ByteBuffer bytes = buffer(32);
        bytes.putFloat(3, -1.5f).putDouble(9, 0.1).putDouble(17, 1e300);
        bytes.position(30);

        assertThat(DType.F32.floatAt(bytes, 3)).isEqualTo(-1.5f);
        assertThat(DType.F64.floatAt(bytes, 9)).isEqualTo(0.1f);
        assertThat(DType.F64.floatAt(bytes, 17)).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(bytes.position()).isEqualTo(30);
    }

    @Test
    void numbersOfBfloat16StayWhatTheyAre() {
        for (int bits = 0; bits <= 0xFFFF; bits++) {
            float value = Float.intBitsToFloat(bits << 16);
            assertBits(DType.roundToBfloat16(value), value);
        }
    }

    /** Half-way between neighbours the one with the even pattern; a little more or less, the nearer one. */
    @Test
    void tiesAreRoundedToEven() {
        for (int bits = 0; bits <= 0xFFFF; bits++) {
            int magnitude = bits & 0x7FFF;
            if (magnitude >= 0x7F80) {
                continue;
            }
            int even = (bits & 1) == 0 ? bits : bits + 1;
            int tie = (bits << 16) | 0x8000;
            assertBits(DType.roundToBfloat16(Float.intBitsToFloat(tie)), Float.intBitsToFloat(even << 16));
            assertBits(DType.roundToBfloat16(Float.intBitsToFloat(tie - 1)), Float.intBitsToFloat(bits << 16));
            assertBits(DType.roundToBfloat16(Float.intBitsToFloat(tie + 1)), Float.intBitsToFloat((bits + 1) << 16));
        }
    }

    @Property(tries = 5000)
    void roundingGivesTheNearestNumber(@ForAll int bits) {
        float value = Float.intBitsToFloat(bits);
        float rounded = DType.roundToBfloat16(value);
        if (Float.isNaN(value)) {
            assertThat(rounded).isNaN();
            return;
        }
        assertThat(Float.floatToRawIntBits(rounded) & 0xFFFF).isZero();
        if (Float.isInfinite(rounded)) {
            assertThat(Math.abs(value)).isGreaterThanOrEqualTo(Float.intBitsToFloat(0x7F7F8000));
            return;
        }
        BigDecimal error = distance(value, rounded);
        for (float neighbour : new float[] {
            Float.intBitsToFloat(Float.floatToRawIntBits(rounded) - 0x10000),
            Float.intBitsToFloat(Float.floatToRawIntBits(rounded) + 0x10000)
        }) {
            if (Float.isFinite(neighbour)) {
                assertThat(error).isLessThanOrEqualTo(distance(value, neighbour));
            }
        }
    }

    private static BigDecimal distance(float a, float b) {
        return new BigDecimal(a).subtract(new BigDecimal(b)).abs();
    }
}
