package io.github.swscan.ablate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LoopRateTest {

    private static List<Integer> tokens(int first, int count) {
        return IntStream.range(first, first + count).boxed().toList();
    }

    @Test
    void aTextThatNeverRepeatsFourTokensHasNoLoops() {
        List<Integer> threesRepeat = new ArrayList<>();
        for (int i = 0; i < 32; i++) {
            threesRepeat.addAll(List.of(1, 2, 3, 100 + i));
        }

        assertThat(LoopRate.of(tokens(0, 128), 128)).hasValue(0);
        assertThat(LoopRate.of(threesRepeat, 128)).hasValue(0);
    }

    /** The fifth token is the first that completes four which stood there before. */
    @Test
    void oneTokenForeverLoopsFromTheFifthOn() {
        assertThat(LoopRate.of(Collections.nCopies(128, 7), 128)).hasValue(124 / 128.0);
    }

    /** 100 tokens, then the first 28 again: those from the fourth of the repetition on complete what was there. */
    @Test
    void aRepetitionCountsFromItsFourthToken() {
        List<Integer> continuation = new ArrayList<>(tokens(0, 100));
        continuation.addAll(tokens(0, 28));

        assertThat(LoopRate.of(continuation, 128)).hasValue(25 / 128.0);
    }

    @Test
    void whatEndedEarlyIsJudgedByWhatItHas() {
        assertThat(LoopRate.of(List.of(1, 1, 1, 1, 1), 128)).hasValue(1 / 5.0);
        assertThat(LoopRate.of(List.of(1), 128)).hasValue(0);
        assertThat(LoopRate.of(List.of(), 128)).isEmpty();
    }

    @Test
    void fewerTokensTellNothing() {
        assertThat(LoopRate.of(Collections.nCopies(127, 7), 127)).isEmpty();
    }
}
