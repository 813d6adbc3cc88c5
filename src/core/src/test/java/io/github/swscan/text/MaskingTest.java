package io.github.swscan.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MaskingTest {

    private static final int MASK = 3;
    private static final Masking MASKING = new Masking(OptionalInt.of(MASK), Set.of(0, 1, 2, MASK));

    /** [CLS], so many ordinary tokens, all different, [SEP]. */
    private static int[] sequence(int ordinary) {
        return IntStream.concat(IntStream.concat(IntStream.of(1), IntStream.range(10, 10 + ordinary)), IntStream.of(2))
                .toArray();
    }

    private static TokenSet text(int... ordinary) {
        List<int[]> sequences =
                Arrays.stream(ordinary).mapToObj(MaskingTest::sequence).toList();
        return new TokenSet(
                TokenSource.PROMPTS,
                sequences,
                List.of(0),
                IntStream.range(1, ordinary.length).boxed().toList(),
                "a text");
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 1", "2, 1", "9, 1", "10, 2", "20, 3", "100, 15", "510, 77"})
    void asManyOrdinaryTokensAreMaskedAsTheShareSays(int ordinary, int masked) {
        TokenSet tokens = MASKING.apply(text(4, ordinary), 0);

        int[] ids = tokens.sequences().get(1);
        assertThat(tokens.predictions(1)).isEqualTo(masked);
        assertThat(Arrays.stream(ids).filter(id -> id == MASK)).hasSize(masked);
        int[] original = sequence(ordinary);
        for (int place = 0; place < ids.length; place++) {
            int target = tokens.targets().get(1)[place];
            assertThat(target == TokenSet.NOTHING ? ids[place] : target).isEqualTo(original[place]);
            assertThat(ids[place] == MASK).isEqualTo(target != TokenSet.NOTHING);
        }
    }

    @Test
    void theSeedAloneDecidesWhichTheyAre() {
        TokenSet tokens = text(4, 100, 100);

        List<int[]> first = MASKING.apply(tokens, 1).sequences();

        assertThat(MASKING.apply(tokens, 1).sequences())
                .usingRecursiveComparison()
                .isEqualTo(first);
        assertThat(MASKING.apply(tokens, 2).sequences().get(1)).isNotEqualTo(first.get(1));
        assertThat(first.get(1)).isNotEqualTo(first.get(2));
    }

    @Test
    void promptsStayAsTheyAre() {
        TokenSet tokens = text(4, 20);

        TokenSet masked = MASKING.apply(tokens, 0);

        assertThat(masked.sequences()).hasSize(2);
        assertThat(masked.sequences().get(0)).isEqualTo(tokens.sequences().get(0));
        assertThat(masked.predictions(0)).isZero();
        assertThat(masked.calibration()).containsExactly(0);
        assertThat(masked.evaluation()).containsExactly(1);
    }

    @Test
    void givenIdsAreMaskedInCopies() {
        TokenSet tokens = TokenSet.ofIds(List.of(sequence(8), sequence(30)));

        TokenSet masked = MASKING.apply(tokens, 0);

        assertThat(masked.calibration()).containsExactly(0, 1);
        assertThat(masked.evaluation()).containsExactly(2, 3);
        assertThat(masked.sequences().subList(0, 2)).isEqualTo(tokens.sequences());
        assertThat(masked.predicted().sequences()).isEqualTo(masked.sequences().subList(2, 4));
        assertThat(IntStream.range(0, 4).map(masked::predictions)).containsExactly(0, 0, 1, 5);
    }

    /** [CLS] [SEP] has nothing to mask. */
    @Test
    void sequencesOfSpecialTokensPredictNothing() {
        TokenSet masked = MASKING.apply(text(4, 0, 3), 0);

        assertThat(masked.evaluation()).containsExactly(1, 2);
        assertThat(masked.predicted().sequences()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 30})
    void withoutAMaskTokenTheChosenOnesStay(int ordinary) {
        TokenSet masked = new Masking(OptionalInt.empty(), Set.of()).apply(text(4, ordinary), 0);

        assertThat(masked.sequences().get(1)).isEqualTo(sequence(ordinary));
        assertThat(masked.predictions(1)).isPositive();
    }

    /** So that runs whose masks differ are told apart. */
    @Test
    void whatIsPredictedIsPartOfTheDigest() {
        TokenSet unmasked = TokenSet.ofIds(List.of(new int[] {1, 2, 3}));
        TokenSet one = TokenSet.ofIds(List.of(new int[] {1, 2, 3}), List.of(new int[] {7, -1, -1}));
        TokenSet other = TokenSet.ofIds(List.of(new int[] {1, 2, 3}), List.of(new int[] {8, -1, -1}));

        assertThat(List.of(unmasked.digest(), one.digest(), other.digest())).doesNotHaveDuplicates();
    }
}
