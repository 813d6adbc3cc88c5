package io.github.swscan.detect;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.text.TokenSet;
import io.github.swscan.text.TokenSource;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class ScreeningTokensTest {

    /** Sequences of so many tokens, all different; those from the second on are evaluated. */
    private static TokenSet tokens(Integer... lengths) {
        List<int[]> sequences = new ArrayList<>();
        int next = 0;
        for (int length : lengths) {
            sequences.add(IntStream.range(next, next + length).toArray());
            next += length;
        }
        return new TokenSet(
                TokenSource.PROMPTS,
                sequences,
                List.of(0),
                IntStream.range(1, lengths.length).boxed().toList(),
                "text");
    }

    @Test
    void wholeSequencesAreScreenedWhereTheyFit() {
        TokenSet tokens = tokens(3, 4, 5);

        ScreeningTokens read = ScreeningTokens.of(tokens, 9);

        assertThat(read.sequences()).isEqualTo(tokens.sequences());
        assertThat(read.screened()).containsExactly(1, 2);
        assertThat(read.isAllOf(tokens)).isTrue();
    }

    @Test
    void whatIsLeftOfTheRoomIsTheBeginningOfTheNextSequence() {
        TokenSet tokens = tokens(3, 4, 5, 6);

        ScreeningTokens read = ScreeningTokens.of(tokens, 7);

        assertThat(read.screened()).containsExactly(1, 4);
        assertThat(read.sequences()).hasSize(5);
        assertThat(read.sequences().get(4)).containsExactly(7, 8, 9);
        assertThat(read.screenedTokens()).isEqualTo(7);
        assertThat(read.isAllOf(tokens)).isFalse();
    }

    @Test
    void whatIsCutOffKeepsItsFirstPrediction() {
        int[] targets = {-1, -1, -1, -1, 7, -1, 8};
        TokenSet tokens = TokenSet.ofIds(List.of(new int[] {1, 2, 3, 4, 5, 6, 7}), List.of(targets));

        ScreeningTokens read = ScreeningTokens.of(tokens, 3);

        assertThat(read.screened()).containsExactly(1);
        assertThat(read.sequences().get(1)).containsExactly(1, 2, 3, 4, 5);
        assertThat(read.targets().get(1)).containsExactly(-1, -1, -1, -1, 7);
    }

    @Test
    void oneTokenAlonePredictsNothing() {
        assertThat(ScreeningTokens.of(tokens(3, 4, 5), 5).screened()).containsExactly(1);
    }

    @Property(tries = 500, seed = "6")
    void theFirstTokensAreScreenedAndAllSequencesAreRead(
            @ForAll @Size(min = 2, max = 6) List<@IntRange(min = 2, max = 9) Integer> lengths,
            @ForAll @IntRange(min = 2, max = 40) int most) {
        TokenSet tokens = tokens(lengths.toArray(Integer[]::new));

        ScreeningTokens read = ScreeningTokens.of(tokens, most);

        int[] screened = read.screened().stream()
                .flatMapToInt(index -> IntStream.of(read.sequences().get(index)))
                .toArray();
        int first = lengths.get(0);
        int evaluated = tokens.tokens() - first;
        assertThat(screened)
                .containsExactly(IntStream.range(first, first + screened.length).toArray());
        assertThat(screened.length)
                .isEqualTo(read.screenedTokens())
                .isBetween(Math.min(evaluated, most - 1), Math.min(evaluated, most));
        assertThat(read.sequences().subList(0, lengths.size())).isEqualTo(tokens.sequences());
        assertThat(read.screened()).isSorted();
        assertThat(read.isAllOf(tokens)).isEqualTo(most >= evaluated);
    }
}
