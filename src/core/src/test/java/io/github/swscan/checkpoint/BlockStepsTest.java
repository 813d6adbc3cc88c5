package io.github.swscan.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.checkpoint.tensor.CodeBlock;
import java.util.List;
import java.util.Optional;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

/** What an element of a block costs the others, by hand. */
class BlockStepsTest {

    private static final List<CodeBlock.Run> RUNS = List.of(new CodeBlock.Run(0, 4));
    private static final CodeBlock SYMMETRIC = CodeBlock.symmetric(RUNS, -0.5f, 8);
    private static final CodeBlock WITH_ZERO_POINT = CodeBlock.withZeroPoint(RUNS, 0.5f, 3);
    private static final CodeBlock OF_TABLE = CodeBlock.ofTable(RUNS, 1);

    /** Those of the four-bit floating-point numbers with a scale of one, with both zeros. */
    private static final double[] E2M1 = {0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6};

    private static BlockSteps steps(CodeBlock block, double[] numbers, double own, double... others) {
        BlockSteps.Count count = new BlockSteps.Count(block, DoubleStream.of(numbers));
        for (double other : others) {
            count.add((float) other);
        }
        return count.without((float) own);
    }

    private static BlockSteps even(CodeBlock block, double own, double... others) {
        return steps(block, new double[0], own, others);
    }

    @Test
    void aSymmetricScaleGoesWithTheLargestMagnitude() {
        assertThat(even(SYMMETRIC, 4, -1, 0.5, 0.5)).isEqualTo(new BlockSteps(0.5, Optional.of(0.125)));
        assertThat(even(SYMMETRIC, -4, -1, 0.5, 0.5)).isEqualTo(new BlockSteps(0.5, Optional.of(0.125)));
    }

    @Test
    void aScaleWithAZeroPointGoesWithTheRange() {
        assertThat(even(WITH_ZERO_POINT, 6, -1.5, 0.5, 0)).isEqualTo(new BlockSteps(0.5, Optional.of(0.5 * 2 / 7.5)));
    }

    @Test
    void whatIsNotTheLargestCostsNothing() {
        assertThat(even(SYMMETRIC, 1, -4, 0.5, 0)).isEqualTo(new BlockSteps(0.5, Optional.of(0.5)));
        assertThat(even(WITH_ZERO_POINT, 1, -1.5, 6, 0)).isEqualTo(new BlockSteps(0.5, Optional.of(0.5)));
        assertThat(even(SYMMETRIC, 0, 0, 0, 0)).isEqualTo(new BlockSteps(0.5, Optional.of(0.5)));
    }

    @Test
    void othersThatAreLostWereWithinHalfAStepAtMost() {
        assertThat(even(SYMMETRIC, 4, 0, 0, 0)).isEqualTo(new BlockSteps(0.5, Optional.of(0.5 * 0.25 / 4)));
        assertThat(even(WITH_ZERO_POINT, 6, 0.5, 0.5, 0.5))
                .isEqualTo(new BlockSteps(0.5, Optional.of(0.5 * 0.5 / 5.5)));
    }

    @Test
    void unevenDistancesAreThoseAtTheMedianMagnitude() {
        assertThat(steps(OF_TABLE, E2M1, 6, -0.5, 0.5, 0)).isEqualTo(new BlockSteps(0.5, Optional.of(2.0 / 12)));
        assertThat(steps(OF_TABLE, E2M1, 6, -4, 4, 0).step()).isEqualTo(2);
        assertThat(steps(OF_TABLE, E2M1, 2, -6, 6, 0).step()).isEqualTo(2);
    }

    @Test
    void withoutNeighboursThereIsNothingToCost() {
        assertThat(even(SYMMETRIC, 4)).isEqualTo(new BlockSteps(0.5, Optional.empty()));
    }

    @Test
    void withoutAScaleNothingDoes() {
        assertThat(steps(CodeBlock.unscaled(RUNS), E2M1, 6, -0.5, 0, 1))
                .isEqualTo(new BlockSteps(0.5, Optional.of(0.5)));
    }
}
