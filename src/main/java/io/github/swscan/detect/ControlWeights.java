package io.github.swscan.detect;

import io.github.swscan.architecture.Linear;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * Chooses ordinary weights to compare others with: of many drawn at random from the same matrix, those whose magnitude
 * comes closest. Weights in the row or the column of one that they are compared with are left out, for they take part in
 * its spike.
 */
public final class ControlWeights {

    private static final int DRAWN = 1 << 14;

    private final int count;
    private final Random random;

    /** @param count how many to choose for each weight */
    public ControlWeights(int count, long seed) {
        this.count = count;
        this.random = new Random(seed);
    }

    /** The weights of a matrix. */
    @FunctionalInterface
    public interface Matrix {
        float value(int row, int column);
    }

    private record Drawn(Coordinate coordinate, float magnitude) {}

    /**
     * Chooses for weights of one matrix; no weight is chosen twice.
     *
     * @param linear the matrix
     * @param values its weights
     * @param compared those to choose others for, with their values
     * @return for each of them the chosen ones, those closest in magnitude first; fewer if there are not so many
     */
    public Map<Coordinate, List<Coordinate>> choose(Linear linear, Matrix values, Map<Coordinate, Float> compared) {
        Map<Coordinate, List<Coordinate>> chosen = new LinkedHashMap<>();
        Set<Coordinate> taken = new HashSet<>();
        compared.forEach((coordinate, value) -> {
            Comparator<Drawn> byLikeness =
                    Comparator.comparingDouble(drawn -> Math.abs(drawn.magnitude() - Math.abs(value)));
            List<Coordinate> closest = random.ints(DRAWN, 0, linear.outputs())
                    .mapToObj(row -> new Coordinate(linear, row, random.nextInt(linear.inputs())))
                    .filter(drawn -> compared.keySet().stream().noneMatch(other -> sharesChannel(other, drawn)))
                    .filter(drawn -> !taken.contains(drawn))
                    .distinct()
                    .map(drawn -> new Drawn(drawn, Math.abs(values.value(drawn.row(), drawn.column()))))
                    .sorted(byLikeness)
                    .limit(count)
                    .map(Drawn::coordinate)
                    .toList();
            taken.addAll(closest);
            chosen.put(coordinate, closest);
        });
        return chosen;
    }

    private static boolean sharesChannel(Coordinate one, Coordinate other) {
        return one.row() == other.row() || one.column() == other.column();
    }
}
