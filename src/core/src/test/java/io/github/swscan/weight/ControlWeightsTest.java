package io.github.swscan.weight;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.architecture.Linear;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ControlWeightsTest {

    private static final int ROWS = 40;
    private static final int COLUMNS = 60;

    private static Linear linear(int rows, int columns) {
        return new Linear("w", Optional.empty(), Linear.Layout.OUTPUT_BY_INPUT, columns, rows, Optional.empty());
    }

    private final Linear linear = linear(ROWS, COLUMNS);
    private final float[][] values = normal(ROWS, COLUMNS);

    private static float[][] normal(int rows, int columns) {
        Random random = new Random(5);
        float[][] values = new float[rows][columns];
        for (float[] row : values) {
            for (int column = 0; column < columns; column++) {
                row[column] = (float) random.nextGaussian();
            }
        }
        return values;
    }

    private Map<Coordinate, List<Coordinate>> choose(int count, long seed, Map<Coordinate, Float> compared) {
        return new ControlWeights(count, seed).choose(linear, (row, column) -> values[row][column], compared);
    }

    private Map<Coordinate, Float> compared(float... magnitudes) {
        Map<Coordinate, Float> compared = new LinkedHashMap<>();
        for (int i = 0; i < magnitudes.length; i++) {
            compared.put(new Coordinate(linear, 3 + i, 50 - i), magnitudes[i]);
        }
        return compared;
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, -7, Long.MAX_VALUE})
    void theSameSeedChoosesTheSame(long seed) {
        assertThat(choose(5, seed, compared(1, -2))).isEqualTo(choose(5, seed, compared(1, -2)));
    }

    @Test
    void anotherSeedChoosesOthersOfAMatrixTooLargeToBeDrawnWhole() {
        Linear large = linear(3000, 2000);
        Map<Coordinate, Float> compared = Map.of(new Coordinate(large, 1, 2), 1f);

        assertThat(new ControlWeights(5, 1).choose(large, (row, column) -> 1, compared))
                .isNotEqualTo(new ControlWeights(5, 2).choose(large, (row, column) -> 1, compared));
    }

    @ParameterizedTest
    @ValueSource(floats = {0.01f, -0.5f, 1.5f, -2.2f})
    void magnitudesAreSimilarWhateverTheSign(float value) {
        List<Coordinate> chosen =
                choose(5, 0, compared(value)).values().iterator().next();

        // Most of the 2400 are drawn, and of a normal distribution dozens of those are this near.
        assertThat(chosen).hasSize(5).allSatisfy(place -> assertThat(Math.abs(values[place.row()][place.column()]))
                .isBetween(Math.abs(value) - 0.15f, Math.abs(value) + 0.15f));
    }

    @Test
    void theClosestComeFirst() {
        List<Coordinate> chosen = choose(20, 0, compared(1)).values().iterator().next();

        assertThat(chosen.stream()
                        .map(place -> Math.abs(Math.abs(values[place.row()][place.column()]) - 1))
                        .toList())
                .hasSize(20)
                .isSorted();
    }

    @Test
    void noneIsInTheRowOrColumnOfAComparedOne() {
        Map<Coordinate, Float> compared = compared(1, 1, 1);

        assertThat(choose(50, 0, compared).values())
                .allSatisfy(chosen -> assertThat(chosen).isNotEmpty().allSatisfy(place -> assertThat(compared.keySet())
                        .noneMatch(other -> other.row() == place.row() || other.column() == place.column())));
    }

    @Test
    void noneIsChosenTwice() {
        assertThat(choose(100, 0, compared(1, 1, 1)).values().stream().flatMap(List::stream))
                .hasSize(300)
                .doesNotHaveDuplicates();
    }

    @Test
    void aSmallMatrixGivesWhatItHas() {
        Linear small = linear(2, 3);
        Coordinate compared = new Coordinate(small, 0, 0);

        List<Coordinate> chosen = new ControlWeights(9, 0)
                .choose(small, (row, column) -> 1, Map.of(compared, 1f))
                .get(compared);

        assertThat(chosen).containsExactlyInAnyOrder(new Coordinate(small, 1, 1), new Coordinate(small, 1, 2));
    }

    @Test
    void noneAreChosenWhereNoneAreAskedFor() {
        assertThat(choose(0, 0, compared(1, 2)).values()).containsOnly(List.of());
    }

    @Test
    void valuesThatAreNotFiniteAreChosenLast() {
        Arrays.stream(values).forEach(row -> Arrays.fill(row, Float.NaN));
        Arrays.fill(values[30], 7);

        assertThat(choose(10, 0, compared(1)).values().iterator().next())
                .hasSize(10)
                .allMatch(place -> place.row() == 30);
    }
}
