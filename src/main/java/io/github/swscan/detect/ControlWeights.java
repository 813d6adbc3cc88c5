package io.github.swscan.detect;

import io.github.swscan.forward.DownProjection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Chooses ordinary weights to compare candidates with: of many drawn at random from the candidate's tensor, those whose
 * magnitude comes closest to the candidate's. Weights in the row or the column of a candidate are left out, for they take
 * part in its spike.
 */
final class ControlWeights {

    private static final int DRAWN = 1 << 14;

    private final int count;
    private final Random random;

    ControlWeights(int count, long seed) {
        this.count = count;
        this.random = new Random(seed);
    }

    private record Drawn(Coordinate coordinate, float magnitude) {}

    Set<Coordinate> choose(DownProjection site, List<Candidate> candidates) {
        Set<Coordinate> chosen = new LinkedHashSet<>();
        for (Candidate candidate : candidates) {
            Comparator<Drawn> byLikeness =
                    Comparator.comparingDouble(drawn -> Math.abs(drawn.magnitude() - Math.abs(candidate.value())));
            random.ints(DRAWN, 0, site.weight().outputs())
                    .mapToObj(row -> new Coordinate(
                            site.weight(), row, random.nextInt(site.weight().inputs())))
                    .filter(coordinate -> candidates.stream().noneMatch(other -> sharesChannel(other, coordinate)))
                    .filter(coordinate -> !chosen.contains(coordinate))
                    .distinct()
                    .map(coordinate ->
                            new Drawn(coordinate, Math.abs(site.value(coordinate.row(), coordinate.column()))))
                    .sorted(byLikeness)
                    .limit(count)
                    .forEach(drawn -> chosen.add(drawn.coordinate()));
        }
        return chosen;
    }

    private static boolean sharesChannel(Candidate candidate, Coordinate coordinate) {
        return candidate.coordinate().row() == coordinate.row()
                || candidate.coordinate().column() == coordinate.column();
    }
}
