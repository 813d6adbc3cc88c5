package io.github.swscan.text.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.FloatRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LibraryNumberTest {

    /** As serde_json does it without its feature {@code float_roundtrip}. */
    private static double read(String digits) {
        BigDecimal number = new BigDecimal(digits);
        return number.unscaledValue().doubleValue() / Math.pow(10, number.scale());
    }

    @ParameterizedTest
    @CsvSource({"0, 0.0", "-1, -1.0", "-100, -100.0", "2.5, 2.5", "-10.3125, -10.3125"})
    void shortNumbersStayShort(double value, String written) {
        assertThat(LibraryNumber.written(value)).isEqualTo(written);
    }

    /** Scores that the library would take for their neighbours if they were written with the fewest digits. */
    @ParameterizedTest
    @CsvSource({"-7.2196502685546875", "-7.4041948318481445", "-7.4300031661987305"})
    void scoresAreReadAsTheyAre(double score) {
        assertThat(read(BigDecimal.valueOf(score).toPlainString())).isNotEqualTo(score);
        assertThat(read(LibraryNumber.written(score))).isEqualTo(score);
    }

    @Property
    void nothingIsFurtherOffThanTheLastDigit(@ForAll @FloatRange(min = -200, max = 200) float score) {
        assertThat(Math.abs(read(LibraryNumber.written(score)) - score)).isLessThanOrEqualTo(Math.ulp((double) score));
    }
}
