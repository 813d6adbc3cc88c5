package io.github.swscan.forward;

import io.github.swscan.architecture.Router;
import io.github.swscan.architecture.Router.GroupScore;
import io.github.swscan.architecture.Router.Scoring;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/** Which experts each row goes to, and with what weights. */
final class Routing {

    private final int[][] experts;
    private final float[][] weights;

    private Routing(int[][] experts, float[][] weights) {
        this.experts = experts;
        this.weights = weights;
    }

    /**
     * The rows that go to one expert, ascending, with their weights.
     *
     * @param rows counted among the rows that were routed
     * @param ranks the expert's place among those of each of these rows
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Assigned(int[] rows, int[] ranks, float[] weights) {}

    /**
     * @param logits [rows * (experts + shared)], one row after the other
     * @param correction one number an expert
     * @param expertScales what the weights of each expert are multiplied by
     * @param given the experts of each row, where they are given [rows][perToken]
     */
    static Routing of(
            Router router,
            float[] logits,
            Optional<float[]> correction,
            Optional<float[]> expertScales,
            Optional<int[][]> given) {
        int count = router.experts() + router.shared();
        int rows = logits.length / count;
        int[][] experts = new int[rows][];
        float[][] weights = new float[rows][];
        for (int row = 0; row < rows; row++) {
            float[] own = capped(router, Arrays.copyOfRange(logits, row * count, (row + 1) * count));
            if (router.scoring() == Scoring.SPARSE_MIXER) {
                experts[row] = new int[2];
                weights[row] = new float[2];
                mixSparsely(own, 2 * router.jitter(), experts[row], weights[row]);
            } else {
                float[] scores = scores(router.scoring(), own);
                int[] chosen = given.isPresent()
                        ? given.get()[row]
                        : chosen(router, Arrays.copyOf(scores, router.experts()), correction);
                experts[row] = IntStream.concat(IntStream.of(chosen), IntStream.range(router.experts(), count))
                        .toArray();
                weights[row] = weights(router, scores, experts[row]);
            }
            if (expertScales.isPresent()) {
                for (int i = 0; i < experts[row].length; i++) {
                    weights[row][i] *= expertScales.get()[experts[row][i]];
                }
            }
        }
        return new Routing(experts, weights);
    }

    private static float[] capped(Router router, float[] logits) {
        router.softCap().ifPresent(cap -> {
            for (int expert = 0; expert < logits.length; expert++) {
                logits[expert] = (float) (cap * Math.tanh(logits[expert] / cap));
            }
        });
        return logits;
    }

    private static float[] scores(Scoring scoring, float[] logits) {
        return switch (scoring) {
            case SOFTMAX -> softmax(logits);
            case SQUARE_ROOT_OF_SOFTPLUS -> squareRootsOfSoftplus(logits);
            default -> sigmoid(logits);
        };
    }

    /** @param expert those to choose from first, behind them shared ones */
    Assigned to(int expert) {
        int[] rows = IntStream.range(0, experts.length)
                .filter(row -> indexOf(experts[row], expert) >= 0)
                .toArray();
        int[] ranks = new int[rows.length];
        float[] own = new float[rows.length];
        for (int i = 0; i < rows.length; i++) {
            ranks[i] = indexOf(experts[rows[i]], expert);
            for (int rank = ranks[i]; rank < experts[rows[i]].length; rank++) {
                own[i] += experts[rows[i]][rank] == expert ? weights[rows[i]][rank] : 0; // a table may have one twice
            }
        }
        return new Assigned(rows, ranks, own);
    }

    private static int[] chosen(Router router, float[] scores, Optional<float[]> correction) {
        float[] choice = scores.clone();
        correction.ifPresent(given -> {
            for (int expert = 0; expert < choice.length; expert++) {
                choice[expert] += given[expert];
            }
        });
        router.groups().ifPresent(groups -> leaveOut(groups, choice));
        return largest(choice, router.perToken());
    }

    /** Experts outside the chosen groups are never chosen. */
    private static void leaveOut(Router.Groups groups, float[] choice) {
        int size = choice.length / groups.count();
        float[] groupScores = new float[groups.count()];
        for (int group = 0; group < groupScores.length; group++) {
            float[] sorted = Arrays.copyOfRange(choice, group * size, (group + 1) * size);
            Arrays.sort(sorted);
            groupScores[group] = groups.score() == GroupScore.BEST || size == 1
                    ? sorted[size - 1]
                    : sorted[size - 1] + sorted[size - 2];
        }
        int[] kept = largest(groupScores, groups.perToken());
        for (int expert = 0; expert < choice.length; expert++) {
            if (indexOf(kept, expert / size) < 0) {
                choice[expert] = Float.NEGATIVE_INFINITY;
            }
        }
    }

    private static float[] weights(Router router, float[] scores, int[] experts) {
        float[] weights = new float[experts.length];
        double sum = 0;
        for (int i = 0; i < weights.length; i++) {
            weights[i] = scores[experts[i]];
            sum += router.order() == 1 ? weights[i] : Math.pow(Math.abs(weights[i]), router.order());
        }
        double total = router.order() == 1 ? sum : Math.pow(sum, 1 / router.order());
        double divisor = router.normalized() ? Math.max(total + router.addedToSum(), router.smallestSum()) : 1;
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (float) (weights[i] / divisor * router.scale());
        }
        return weights;
    }

    /** One expert after the other: the best of those left, weighted among those that come close to it. */
    private static void mixSparsely(float[] logits, double tolerance, int[] experts, float[] weights) {
        float[] left = logits.clone();
        for (int i = 0; i < experts.length; i++) {
            int best = indexOfLargest(left);
            float maximum = left[best];
            float[] close = new float[left.length];
            for (int expert = 0; expert < close.length; expert++) {
                float scale = Math.max(Math.abs(logits[expert]), maximum);
                boolean far = (maximum - logits[expert]) / scale > tolerance;
                close[expert] = far ? Float.NEGATIVE_INFINITY : left[expert];
            }
            experts[i] = best;
            weights[i] = softmax(close)[best];
            left[best] = Float.NEGATIVE_INFINITY;
        }
    }

    /** Of equals, the first. */
    private static int indexOfLargest(float[] values) {
        int best = 0;
        for (int index = 1; index < values.length; index++) {
            if (values[index] > values[best]) {
                best = index;
            }
        }
        return best;
    }

    /**
     * The indexes of the largest values, the largest first. Among equals it takes those that PyTorch takes on a CPU, by
     * the same quickselect with the median of three as pivot. As in PyTorch, NaN is the largest of all: a model that
     * computes it shows it.
     */
    private static int[] largest(float[] values, int count) {
        int[] order = IntStream.range(0, values.length).toArray();
        int first = 0;
        int end = order.length;
        while (end - first > 3) {
            swap(order, first, median(values, order, first + 1, first + (end - first) / 2, end - 1));
            int cut = partition(values, order, first, end);
            if (cut < count) {
                first = cut;
            } else {
                end = cut;
            }
        }
        sort(values, order, first, end);
        int[] indexes = Arrays.copyOf(order, count);
        sort(values, indexes, 0, count);
        return indexes;
    }

    /** Which of three places holds the index of the median of their values. */
    private static int median(float[] values, int[] order, int one, int two, int three) {
        float a = values[order[one]];
        float b = values[order[two]];
        float c = values[order[three]];
        if (isLarger(a, b)) {
            return isLarger(b, c) ? two : isLarger(a, c) ? three : one;
        }
        return isLarger(a, c) ? one : isLarger(b, c) ? three : two;
    }

    /** Larger values than the first one move before the place that is returned, smaller ones from there on. */
    private static int partition(float[] values, int[] order, int first, int end) {
        float pivot = values[order[first]];
        int up = first + 1;
        int down = end;
        while (true) {
            while (isLarger(values[order[up]], pivot)) {
                up++;
            }
            down--;
            while (isLarger(pivot, values[order[down]])) {
                down--;
            }
            if (up >= down) {
                return up;
            }
            swap(order, up, down);
            up++;
        }
    }

    /** Largest first; equals stay in their order. */
    private static void sort(float[] values, int[] order, int first, int end) {
        for (int i = first + 1; i < end; i++) {
            for (int j = i; j > first && isLarger(values[order[j]], values[order[j - 1]]); j--) {
                swap(order, j, j - 1);
            }
        }
    }

    private static boolean isLarger(float one, float other) {
        return one > other || (Float.isNaN(one) && !Float.isNaN(other));
    }

    private static void swap(int[] order, int one, int other) {
        int kept = order[one];
        order[one] = order[other];
        order[other] = kept;
    }

    private static float[] softmax(float[] logits) {
        double maximum = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
            maximum = Math.max(maximum, logit);
        }
        double sum = 0;
        double[] exponentials = new double[logits.length];
        for (int i = 0; i < logits.length; i++) {
            exponentials[i] = Math.exp(logits[i] - maximum);
            sum += exponentials[i];
        }
        float[] scores = new float[logits.length];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = (float) (exponentials[i] / sum);
        }
        return scores;
    }

    private static float[] squareRootsOfSoftplus(float[] logits) {
        float[] scores = new float[logits.length];
        for (int i = 0; i < scores.length; i++) {
            double softplus = logits[i] > 20 ? logits[i] : Math.log1p(Math.exp(logits[i]));
            scores[i] = (float) Math.sqrt(softplus);
        }
        return scores;
    }

    private static float[] sigmoid(float[] logits) {
        float[] scores = new float[logits.length];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = (float) (1 / (1 + Math.exp(-logits[i])));
        }
        return scores;
    }

    private static int indexOf(int[] values, int wanted) {
        for (int i = 0; i < values.length; i++) {
            if (values[i] == wanted) {
                return i;
            }
        }
        return -1;
    }
}
