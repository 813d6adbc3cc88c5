package io.github.swscan.detect;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.text.TokenBudget;
import java.util.function.ToLongFunction;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DetectionBudgetTest {

    /** From a hundred thousand to a trillion, each order of magnitude as often. */
    @Provide
    Arbitrary<Long> parameters() {
        return Arbitraries.doubles().between(5, 12).map(exponent -> (long) Math.pow(10, exponent));
    }

    @ParameterizedTest
    @CsvSource({
        "1_000_000, false, 160_000",
        "34_375_000, false, 160_000",
        "55_000_000, false, 100_000",
        "1_000_000_000, false, 5_500",
        "70_000_000_000, false, 3_000",
        "1_000_000, true, 640_000",
        "1_000_000_000, true, 60_000",
        "70_000_000_000, true, 3_000"
    })
    void theWorkIsAConstantWithinLimits(String parameters, boolean thorough, String tokenBranches) {
        assertThat(DetectionBudget.of(number(parameters), thorough).tokenBranches())
                .isEqualTo(number(tokenBranches));
    }

    private static long number(String grouped) {
        return Long.parseLong(grouped.replace("_", ""));
    }

    @Property(tries = 2000, seed = "10")
    void aLargerModelGetsNoMore(
            @ForAll("parameters") long one, @ForAll("parameters") long other, @ForAll boolean thorough) {
        DetectionBudget small = DetectionBudget.of(Math.min(one, other), thorough);
        DetectionBudget large = DetectionBudget.of(Math.max(one, other), thorough);

        assertNoMore(large, small);
    }

    @Property(tries = 2000, seed = "11")
    void aThoroughDetectionGetsNoLess(@ForAll("parameters") long parameters) {
        assertNoMore(DetectionBudget.of(parameters, false), DetectionBudget.of(parameters, true));
    }

    /** Windows are of multiples of eight tokens, so that their number and length may make up for each other's rounding. */
    private static void assertNoMore(DetectionBudget less, DetectionBudget more) {
        assertNoMore(less, more, DetectionBudget::tokenBranches, 0);
        assertNoMore(less, more, DetectionBudget::candidates, 0);
        assertNoMore(less, more, DetectionBudget::screenTokens, 0);
        assertNoMore(less, more, DetectionBudget::windowTokens, 8);
        assertNoMore(less, more, budget -> (long) budget.windows() * budget.windowTokens(), 4 * 8);
    }

    private static void assertNoMore(
            DetectionBudget less, DetectionBudget more, ToLongFunction<DetectionBudget> number, int rounding) {
        assertThat(number.applyAsLong(less))
                .as("%s and %s", less, more)
                .isLessThanOrEqualTo(number.applyAsLong(more) + rounding);
    }

    @Property(tries = 2000, seed = "12")
    void bothReadingsKeepToTheWorkUnlessTheFewestBranchesDoNot(
            @ForAll("parameters") long parameters,
            @ForAll boolean thorough,
            @ForAll @IntRange(max = 10_000) int tokens) {
        DetectionBudget budget = DetectionBudget.of(parameters, thorough);
        long screened = (long) budget.screenBranches() * budget.screenTokens();
        int confirming = budget.confirmBranches(tokens);

        assertThat(screened).isLessThanOrEqualTo(budget.tokenBranches() / 4);
        if (confirming > 8) {
            assertThat(screened + (long) confirming * tokens).isLessThanOrEqualTo(budget.tokenBranches());
        } else {
            assertThat(confirming).isEqualTo(8);
        }
        assertThat(budget.confirmBranches(tokens + 1)).isLessThanOrEqualTo(confirming);
    }

    @Property(tries = 2000, seed = "13")
    void everyCandidateHasABranchAndVerdictsHaveSeveralWindows(
            @ForAll("parameters") long parameters, @ForAll boolean thorough) {
        DetectionBudget budget = DetectionBudget.of(parameters, thorough);

        assertThat(budget.candidates()).isBetween(4, thorough ? 64 : 24);
        assertThat(budget.screenBranches()).isBetween(2 * budget.candidates(), 4 * (thorough ? 64 : 24));
        assertThat(budget.screenTokens()).isBetween(32, 256);
        assertThat(budget.windows()).isBetween(4, 8);
        assertThat(budget.windowTokens()).isBetween(32, 256);
    }

    @Property(tries = 200, seed = "14")
    void withMoreCandidatesEachStillHasABranch(
            @ForAll("parameters") long parameters, @ForAll @IntRange(min = 1, max = 500) int number) {
        DetectionBudget budget = DetectionBudget.of(parameters, false);

        DetectionBudget changed = budget.withCandidates(number);

        assertThat(changed.candidates()).isEqualTo(number);
        assertThat(changed.screenBranches()).isEqualTo(Math.max(budget.screenBranches(), number));
        assertThat(changed.tokenBranches()).isEqualTo(budget.tokenBranches());
        assertThat(changed.confirmBranches(1_000_000)).isEqualTo(8);
    }

    @Test
    void smallModelsReadAllPromptsAndLargeOnesTheBeginningsOfFew() {
        assertThat(DetectionBudget.of(1_000_000, false).text())
                .isEqualTo(new TokenBudget(Integer.MAX_VALUE, Integer.MAX_VALUE, 8 * 256, 256));
        assertThat(DetectionBudget.of(7_000_000_000L, false).text()).isEqualTo(new TokenBudget(4, 20, 4 * 32, 32));
    }
}
