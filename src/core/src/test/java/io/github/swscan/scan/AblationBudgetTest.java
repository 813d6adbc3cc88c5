package io.github.swscan.scan;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.detect.DetectionBudget;
import io.github.swscan.text.TokenBudget;
import io.github.swscan.text.TokenRequest;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AblationBudgetTest {

    private static final long LARGE = 7_000_000_000L;
    private static final DetectionBudget DETECTION = DetectionBudget.of(LARGE, false);
    private static final int CONTEXT = 4096;

    /** That of a large model is short, and still in sequences enough for an interval. */
    @ParameterizedTest
    @CsvSource({"1000000, 2048, 204", "300000000, 2048, 204", "1000000000, 625, 62", "7000000000, 320, 32"})
    void goesByTheModelsSize(long parameters, int tokens, int window) {
        assertThat(AblationBudget.of(parameters)).isEqualTo(new AblationBudget(tokens, window));
    }

    @Test
    void ofAGivenTextReadsWhatADetectionReads() {
        AblationBudget budget = AblationBudget.of(LARGE);
        TokenRequest given = new TokenRequest(List.of(), "", "text.txt", "", 0, 0);

        assertThat(budget.text(given, DETECTION)).isEqualTo(DETECTION.text());
        assertThat(budget.differsFrom(DETECTION, given, CONTEXT)).isFalse();
    }

    @Test
    void ofTheBuiltInTextReadsEnoughForIntervals() {
        AblationBudget budget = AblationBudget.of(LARGE);

        assertThat(budget.text(TokenRequest.STANDARD, DETECTION)).isEqualTo(TokenBudget.of(320, 32));
        assertThat(budget.differsFrom(DETECTION, TokenRequest.STANDARD, CONTEXT))
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"ids.json|0|0|false", "''|1000|0|false", "''|0|128|true"})
    void differsOnlyWhereNobodySaysHowMuch(String ids, int tokens, int window, boolean differs) {
        TokenRequest request = new TokenRequest(List.of(), "", "", ids, tokens, window);

        assertThat(AblationBudget.of(LARGE).differsFrom(DETECTION, request, CONTEXT))
                .isEqualTo(differs);
    }

    /** A context shorter than both windows makes them the same. */
    @Test
    void contextsAreLimitsToo() {
        DetectionBudget small = DetectionBudget.of(1_000_000, false);

        assertThat(AblationBudget.of(1_000_000).differsFrom(small, TokenRequest.STANDARD, 128))
                .isFalse();
        assertThat(AblationBudget.of(1_000_000).differsFrom(small, TokenRequest.STANDARD, CONTEXT))
                .isTrue();
    }
}
