package io.github.swscan.detect;

import io.github.swscan.forward.Activations;
import io.github.swscan.forward.Branch;
import io.github.swscan.forward.DownProjection;
import io.github.swscan.forward.DownProjections;
import io.github.swscan.forward.Peak;
import io.github.swscan.forward.Reach;
import io.github.swscan.forward.TokenPlace;
import io.github.swscan.weight.Coordinate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Finds the weights of a block that add most to the residual stream of the unedited model.
 *
 * <p>With h(t) the residual stream behind the block, med the median of |h(t)| over the tokens, a(t) and w(r) what an
 * output is multiplied by on its way into the stream ({@link Reach}, and the routing weight of a mixture):
 *
 * <pre>
 *     z(t, c)     = |x[t, c]| a(t) / sqrt(|h(t)| med)
 *     u(c)        = sqrt(max_t z · rms_t z)                  the root mean square over all tokens looked at
 *     s(r, c)     = |W[r, c]| w(r) u(c)
 *     score(r, c) = sqrt(s(r, c) · max_r' s(r', c))
 * </pre>
 *
 * A contribution is seen relative to the stream at its token, where super weights are strong, and to the stream as it is
 * usual, where it stays strong through the layers that follow: the geometric mean of both ranks better than either. The
 * second factor of the score is for the siblings of a strong weight, other rows of its column. A candidate makes at least
 * {@value #LEAST_OF_STREAM} of |h(t)| at some token and {@value #LEAST_OF_MEDIAN} of med at some token. docs/method.md
 * tells what this was measured on. Where an output is added to tokens behind t as well, the same is done for each delay, with
 * |h| of the token that it is added to, and a weight has the best of its scores.
 */
final class CandidateSearch {

    static final double LEAST_OF_STREAM = 0.05;
    static final double LEAST_OF_MEDIAN = 0.25;

    /** So that one strong column does not fill the pool with its ordinary rows. */
    static final int MOST_OF_COLUMN = 4;

    /** Of one down projection, those with the largest bound of the score. */
    private static final int MOST_COLUMNS = 512;

    private static final Comparator<Candidate> BY_SCORE = Comparator.comparingDouble(Candidate::score);

    private final DownProjections site;
    private final Branch original;
    private final List<Integer> sequences;
    private final Reach reach;
    private final int tokens;
    private final float median;

    /**
     * @param sequences those whose tokens are looked at
     * @param reach of the original
     */
    CandidateSearch(DownProjections site, Branch original, List<Integer> sequences, Reach reach) {
        this.site = site;
        this.original = original;
        this.sequences = sequences;
        this.reach = reach;
        float[] norms = reach.norms(sequences);
        this.tokens = norms.length;
        this.median = Usual.lowerMedian(norms);
    }

    /** All candidates of the block, the highest score first. */
    List<Candidate> candidates() {
        if (!(median > 0)) {
            return List.of();
        }
        return site.projections().stream()
                .flatMap(projection -> of(projection).stream())
                .sorted(BY_SCORE.reversed())
                .toList();
    }

    /** What the columns of W meet, each [intermediate]. */
    private static final class Columns {
        /** max_t z and the token where it is. */
        final float[] highest;

        final int[] token;
        final double[] squares;
        /** max_t |x| a / |h|. */
        final float[] ofStream;
        /** max_t |x| a / med. */
        final float[] ofMedian;

        Columns(int count) {
            highest = new float[count];
            token = new int[count];
            squares = new double[count];
            ofStream = new float[count];
            ofMedian = new float[count];
        }
    }

    private List<Candidate> of(DownProjection projection) {
        Activations unedited = projection.activations(original, sequences);
        if (unedited.tokens() == 0) {
            return List.of();
        }
        Map<Coordinate, Candidate> best = new LinkedHashMap<>();
        for (int delay = 0; delay < reach.delays(); delay++) {
            for (Candidate candidate : of(projection, unedited, delay)) {
                best.merge(candidate.coordinate(), candidate, BinaryOperator.maxBy(BY_SCORE));
            }
        }
        Map<Integer, List<Candidate>> byColumn = best.values().stream()
                .sorted(BY_SCORE.reversed())
                .collect(Collectors.groupingBy(
                        candidate -> candidate.coordinate().column(), LinkedHashMap::new, Collectors.toList()));
        return byColumn.values().stream()
                .flatMap(found -> found.stream().limit(MOST_OF_COLUMN))
                .toList();
    }

    /** Those that are large where outputs are added with a delay. */
    private List<Candidate> of(DownProjection projection, Activations unedited, int delay) {
        Columns columns = columns(projection, unedited, delay);
        float[] factors = reach.channelFactors(projection, delay);
        float[] peaks = projection.columnPeaks(factors); // max_r |W[r, c]| w(r)
        List<Integer> wanted = IntStream.range(0, peaks.length)
                .filter(column -> reaches(columns, column, peaks[column]))
                .boxed()
                .sorted(Comparator.comparingDouble(column -> -peaks[column] * level(columns, column)))
                .limit(MOST_COLUMNS)
                .toList();
        List<Candidate> found = new ArrayList<>();
        for (int column : wanted) {
            found.addAll(ofColumn(projection, unedited, columns, column, factors));
        }
        return found;
    }

    private Columns columns(DownProjection projection, Activations unedited, int delay) {
        float[] x = unedited.inputs(); // [tokens, intermediate]
        float[] routing = projection.routingWeights(original, sequences);
        Columns columns = new Columns(x.length / unedited.tokens());
        for (int token = 0; token < unedited.tokens(); token++) {
            TokenPlace place = unedited.place(token);
            float norm = reach.behind(place, delay).map(reach::norm).orElse(0f); // |h| of what is added to
            if (!(norm > 0)) {
                continue;
            }
            float factor = Math.abs(routing[token]) * reach.tokenFactor(projection, place, delay); // a(t)
            float scale = (float) (factor / Math.sqrt((double) norm * median));
            int first = token * columns.highest.length;
            for (int column = 0; column < columns.highest.length; column++) {
                float input = Math.abs(x[first + column]);
                float z = input * scale;
                if (z > columns.highest[column]) {
                    columns.highest[column] = z;
                    columns.token[column] = token;
                }
                columns.squares[column] += (double) z * z;
                columns.ofStream[column] = Math.max(columns.ofStream[column], input * factor / norm);
                columns.ofMedian[column] = Math.max(columns.ofMedian[column], input * factor / median);
            }
        }
        return columns;
    }

    /** u(c) */
    private double level(Columns columns, int column) {
        return Math.sqrt(columns.highest[column] * Math.sqrt(columns.squares[column] / tokens));
    }

    private static boolean reaches(Columns columns, int column, double weight) {
        return weight * columns.ofStream[column] >= LEAST_OF_STREAM
                && weight * columns.ofMedian[column] >= LEAST_OF_MEDIAN;
    }

    private List<Candidate> ofColumn(
            DownProjection projection, Activations unedited, Columns columns, int column, float[] factors) {
        float[] weights = projection.column(column);
        double[] magnitudes = new double[weights.length]; // |W[r, c]| w(r)
        Arrays.setAll(magnitudes, row -> Math.abs(weights[row]) * factors[row]);
        List<Integer> rows = IntStream.range(0, weights.length)
                .filter(row -> reaches(columns, column, magnitudes[row]))
                .boxed()
                .sorted(Comparator.comparingDouble(row -> -magnitudes[row]))
                .limit(MOST_OF_COLUMN)
                .toList();
        int token = columns.token[column];
        float[] y = unedited.output(token);
        Peak input = unedited.at(token, column, unedited.input(token)[column]);
        double level = level(columns, column);
        return rows.stream()
                .map(row -> {
                    double contribution = Math.abs((double) weights[row] * input.value());
                    return new Candidate(
                            site.layer(),
                            projection.expert(),
                            new Coordinate(projection.weight(), row, column),
                            projection.writesStream(),
                            projection.value(row, column),
                            input,
                            unedited.at(token, row, y[row]),
                            y[row] == 0 ? 0 : contribution / Math.abs(y[row]),
                            magnitudes[row] * columns.ofStream[column],
                            Math.sqrt(magnitudes[row] * magnitudes[rows.get(0)]) * level);
                })
                .toList();
    }
}
