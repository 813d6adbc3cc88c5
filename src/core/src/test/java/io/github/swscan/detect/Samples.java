package io.github.swscan.detect;

import io.github.swscan.architecture.Matrix;
import io.github.swscan.effect.Effect;
import io.github.swscan.effect.PredictionEffect;
import io.github.swscan.forward.Peak;
import io.github.swscan.weight.Coordinate;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/** Weights and effects of a model that there is not, for tests of what is decided about them. */
final class Samples {

    private Samples() {}

    /** A weight of the down projection of a layer. */
    static Coordinate weight(int layer, int row, int column) {
        return new Coordinate(new Matrix("layers." + layer + ".down"), row, column);
    }

    /** Some weights of one row of one matrix. */
    static List<Coordinate> row(int count) {
        return IntStream.range(0, count)
                .mapToObj(column -> weight(0, 0, column))
                .toList();
    }

    static Candidate candidate(int layer, int row, int column, double score) {
        Peak peak = new Peak(1, 0, 0, column);
        return new Candidate(layer, OptionalInt.empty(), weight(layer, row, column), true, 1, peak, peak, 1, 1, score);
    }

    /** An effect on a model that has a language-modelling head. */
    static PredictionEffect predictions(Effect effect) {
        return (PredictionEffect) effect;
    }

    /** An effect that does so much by either measure, without error. */
    static Effect effect(double nats) {
        return new PredictionEffect(1 + nats, nats, nats, 1, 0, 0);
    }
}
