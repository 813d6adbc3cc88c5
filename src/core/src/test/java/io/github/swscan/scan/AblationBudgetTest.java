package io.github.swscan.scan;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.text.TokenRequest;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class AblationBudgetTest {

    private static final long LARGE = 7_000_000_000L;

    /** A small model's text is whole; that of a large one is short, and still in several windows. */
    @ParameterizedTest
    @CsvSource({"1000000, 2048, 512", "300000000, 2048, 512", "1000000000, 625, 156", "7000000000, 256, 64"})
    void goesByTheModelsSize(long parameters, int tokens, int window) {
        assertThat(AblationBudget.of(parameters)).isEqualTo(new AblationBudget(tokens, window));
    }

    @Test
    void limitsTheBuiltInTextOfALargeModel() {
        TokenRequest request = new TokenRequest(List.of("a prompt"), "", "", "", 0, 0);

        assertThat(AblationBudget.of(LARGE).limits(request)).isTrue();
        assertThat(AblationBudget.of(LARGE).applied(request))
                .isEqualTo(new TokenRequest(List.of("a prompt"), "", "", "", 256, 64));
        assertThat(AblationBudget.of(1_000_000).limits(request)).isFalse();
    }

    static List<TokenRequest> explicit() {
        return List.of(
                new TokenRequest(List.of(), "", "text.txt", "", 0, 0),
                new TokenRequest(List.of(), "", "", "ids.json", 0, 0),
                new TokenRequest(List.of(), "", "", "", 1000, 0),
                new TokenRequest(List.of(), "", "", "", 0, 128));
    }

    @ParameterizedTest
    @MethodSource("explicit")
    void leavesAloneWhatIsAskedFor(TokenRequest request) {
        assertThat(AblationBudget.of(LARGE).limits(request)).isFalse();
        assertThat(AblationBudget.of(LARGE).applied(request)).isEqualTo(request);
    }
}
