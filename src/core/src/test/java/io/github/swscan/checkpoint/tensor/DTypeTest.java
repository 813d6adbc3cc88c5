package io.github.swscan.checkpoint.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class DTypeTest {
    @ParameterizedTest
    @EnumSource
    void isFoundByItsNameIfItIsOfTheFormat(DType dtype) {
        assertThat(DType.named(dtype.name()).isPresent()).isEqualTo(!dtype.isInBlocks());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "f32", "F32 ", "Q4", "F4", "F6_E2M3", "C64"})
    void otherNamesAreNotFound(String name) {
        assertThat(DType.named(name)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"BOOL, 1", "F8_E4M3, 1", "F8_E8M0, 1", "BF16, 2", "F16, 2", "U16, 2", "F32, 4", "U32, 4", "I64, 8"})
    void hasTheSizeOfTheFormat(DType dtype, int bytes) {
        assertThat(dtype.bytes()).isEqualTo(bytes);
    }

    @Test
    void coversTheFormat() {
        assertThat(Arrays.stream(DType.values()).filter(dtype -> !dtype.isInBlocks()))
                .hasSize(16);
    }
}
