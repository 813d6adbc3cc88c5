package io.github.swscan.weight;

import io.github.swscan.architecture.Linear;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Chooses ordinary weights to compare others with: of many drawn at random from the same matrix, those whose magnitude
 * comes closest. Weights in the row or the column of one that they are compared with are left out, for they take part in
 * its spike.
 */
public final class ControlWeights {

    private static final int DRAWN = 1 << 12;

    private final int count;
    private final Random random;

    /** @param count how many to choose for each weight; perhaps none */
    public ControlWeights(int count, long seed) {
        this.count = count;
        this.random = new Random(seed);
    }

    /** The weights of a matrix. */
    @FunctionalInterface
    public interface Values {
        float value(int row, int column);
    }

    /** @param place row by row */
    private record Drawn(long place, float distance) {}

    /**
     * Chooses for weights of one matrix; no weight is chosen twice.
     *
     * @param linear the matrix
     * @param values its weights
     * @param compared those to choose others for, with their values
     * @return for each of them the chosen ones, those closest in magnitude first; fewer if there are not so many
     */
    public Map<Coordinate, List<Coordinate>> choose(Linear linear, Values values, Map<Coordinate, Float> compared) {
        int inputs = linear.inputs();
        Set<Integer> rows = compared.keySet().stream().map(Coordinate::row).collect(Collectors.toSet());
        Set<Integer> columns =
                compared.keySet().stream().map(Coordinate::column).collect(Collectors.toSet());
        Map<Coordinate, List<Coordinate>> chosen = new LinkedHashMap<>();
        Set<Long> taken = new HashSet<>();
        compared.forEach((coordinate, value) -> {
            List<Long> closest = random.ints(count == 0 ? 0 : DRAWN, 0, linear.outputs())
                    .mapToLong(row -> (long) row * inputs + random.nextInt(inputs))
                    .filter(place -> !rows.contains((int) (place / inputs)))
                    .filter(place -> !columns.contains((int) (place % inputs)))
                    .filter(place -> !taken.contains(place))
                    .distinct()
                    .mapToObj(place -> new Drawn(
                            place,
                            Math.abs(Math.abs(values.value((int) (place / inputs), (int) (place % inputs)))
                                    - Math.abs(value))))
                    .sorted(Comparator.comparingDouble(Drawn::distance))
                    .limit(count)
                    .map(Drawn::place)
                    .toList();
            taken.addAll(closest);
            chosen.put(
                    coordinate,
                    closest.stream()
                            .map(place -> new Coordinate(linear, (int) (place / inputs), (int) (place % inputs)))
                            .toList());
        });
        return chosen;
    }
}
