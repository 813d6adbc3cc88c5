package io.github.swscan.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.swscan.architecture.Linear;
import io.github.swscan.architecture.Router;
import io.github.swscan.architecture.Router.Correction;
import io.github.swscan.architecture.Router.GroupScore;
import io.github.swscan.architecture.Router.Groups;
import io.github.swscan.architecture.Router.Scoring;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The weights were computed in float64 by a program of its own, written after the modelling code of transformers. */
class RoutingTest {

    private static final int EXPERTS = 8;

    private static final float[] LOGITS = {
        0.5f, -1.25f, 2.0f, 1.0f, -0.25f, 0.75f, 1.5f, -2.0f, -3.0f, -0.5f, -1.0f, -0.75f, -2.0f, -0.625f, -4.0f, -1.5f,
        1.0f, 0.984375f, 0.96875f, -2.0f, 0.5f, 1.015625f, 0.75f, 0.0f
    };

    private static final float[] CORRECTION = {0.25f, -0.5f, -0.75f, 0.125f, 0.5f, 0.0f, -1.0f, 0.375f};

    private static final Optional<Groups> NO_GROUPS = Optional.empty();

    @Test
    void softmaxOverAllExperts() {
        assertWeights(
                router(Scoring.SOFTMAX, 3, NO_GROUPS, false, 0, 0, 1),
                false,
                Map.of(2, 0.377852675, 3, 0.139004231, 6, 0.229179232),
                Map.of(1, 0.251818106, 3, 0.196116138, 5, 0.222228699),
                Map.of(0, 0.173235907, 1, 0.170550133, 5, 0.175963976));
    }

    @Test
    void weightsOfAllChosenMaySumToOne() {
        assertWeights(
                router(Scoring.SOFTMAX, 3, NO_GROUPS, true, 0, 0, 1),
                false,
                Map.of(2, 0.506480391, 3, 0.186323723, 6, 0.307195886),
                Map.of(1, 0.375756536, 3, 0.292639485, 5, 0.331603979),
                Map.of(0, 0.333306208, 1, 0.328138774, 5, 0.338555017));
    }

    @Test
    void correctionCountsForTheChoiceOnly() {
        assertWeights(
                router(Scoring.SIGMOID, 3, NO_GROUPS, true, 1e-20, 0, 2.5),
                true,
                Map.of(0, 0.868705608, 3, 1.020266956, 4, 0.611027436),
                Map.of(3, 1.288542981, 4, 0.478765244, 7, 0.732691775),
                Map.of(0, 0.986041967, 4, 0.839564765, 7, 0.674393268));
    }

    @Test
    void smallSumsAreRaised() {
        assertWeights(
                router(Scoring.SOFTMAX, 2, NO_GROUPS, true, 0, 0.5, 1),
                true,
                Map.of(4, 0.079650758, 7, 0.013841226),
                Map.of(4, 0.112376429, 7, 0.185277408),
                Map.of(4, 0.210145778, 7, 0.127459857));
    }

    @Test
    void sumsMayBeAddedTo() {
        assertWeights(
                router(Scoring.SOFTMAX, 2, NO_GROUPS, true, 0.25, 0, 1),
                false,
                Map.of(2, 0.440885190, 6, 0.267410385),
                Map.of(1, 0.347792580, 5, 0.306925874),
                Map.of(0, 0.289112051, 5, 0.293664903));
    }

    @Test
    void groupsAreChosenByTheirTwoBest() {
        Groups groups = new Groups(4, 2, GroupScore.SUM_OF_TWO_BEST);
        assertWeights(
                router(Scoring.SIGMOID, 3, Optional.of(groups), false, 0, 0, 1),
                true,
                Map.of(3, 0.731058579, 4, 0.437823499, 5, 0.679178699),
                Map.of(0, 0.047425873, 4, 0.119202922, 5, 0.348645135),
                Map.of(0, 0.731058579, 4, 0.622459331, 5, 0.734119527));
    }

    @Test
    void groupsAreChosenByTheirBest() {
        Groups groups = new Groups(4, 2, GroupScore.BEST);
        assertWeights(
                router(Scoring.SOFTMAX, 3, Optional.of(groups), false, 0, 0, 16),
                false,
                Map.of(2, 6.045642799, 3, 2.224067694, 6, 3.666867715),
                Map.of(1, 4.029089696, 4, 0.899011429, 5, 3.555659177),
                Map.of(0, 2.771774512, 1, 2.728802132, 5, 2.815423610));
    }

    /** The last two of the eight. */
    @Test
    void sharedExpertsTakeTheirPartOfTheSum() {
        assertWeights(
                router(Scoring.SIGMOID, 0, 2, NO_GROUPS, true, 0, 0, 2.5, 2),
                true,
                Map.of(0, 0.779219528, 4, 0.548084996, 6, 1.023472483, 7, 0.149222993),
                Map.of(3, 1.252355124, 4, 0.465319447, 6, 0.070210806, 7, 0.712114623),
                Map.of(0, 0.721620758, 4, 0.614423505, 6, 0.670410637, 7, 0.493545100));
    }

    /** However low an expert of a chosen group is. */
    @Test
    void expertsOutsideTheChosenGroupsAreNeverTaken() {
        Router router =
                router(Scoring.SIGMOID, 2, Optional.of(new Groups(4, 1, GroupScore.SUM_OF_TWO_BEST)), false, 0, 0, 1);
        float[] correction = new float[EXPERTS];
        correction[6] = 4;
        correction[7] = -1;
        Routing routing =
                Routing.of(router, new float[EXPERTS], Optional.of(correction), Optional.empty(), Optional.empty());
        assertThat(weights(routing, 0)).containsOnlyKeys(6, 7);
    }

    @Test
    void sparseMixerWeightsAnExpertAmongThoseCloseToIt() {
        assertWeights(
                sparseMixer(0.01),
                false,
                Map.of(2, 1.0, 6, 1.0),
                Map.of(1, 1.0, 5, 1.0),
                Map.of(0, 0.503906171, 5, 0.503906171));
        assertWeights(
                sparseMixer(0.25),
                false,
                Map.of(2, 0.506480391, 6, 0.481024263),
                Map.of(1, 0.306013626, 5, 0.389137434),
                Map.of(0, 0.230464604, 5, 0.213919167));
    }

    private static Router router(
            Scoring scoring,
            int perToken,
            Optional<Groups> groups,
            boolean normalized,
            double addedToSum,
            double smallestSum,
            double scale) {
        return router(scoring, 0, perToken, groups, normalized, addedToSum, smallestSum, scale);
    }

    private static Router sparseMixer(double jitter) {
        return router(Scoring.SPARSE_MIXER, jitter, 2, NO_GROUPS, false, 0, 0, 1);
    }

    private static Router router(
            Scoring scoring,
            double jitter,
            int perToken,
            Optional<Groups> groups,
            boolean normalized,
            double addedToSum,
            double smallestSum,
            double scale) {
        return router(scoring, jitter, perToken, groups, normalized, addedToSum, smallestSum, scale, 0);
    }

    /** @param shared how many of the logits are of shared experts */
    private static Router router(
            Scoring scoring,
            double jitter,
            int perToken,
            Optional<Groups> groups,
            boolean normalized,
            double addedToSum,
            double smallestSum,
            double scale,
            int shared) {
        Linear linear =
                new Linear("gate", Optional.empty(), Linear.Layout.OUTPUT_BY_INPUT, 4, EXPERTS, Optional.empty());
        return new Router(
                Optional.empty(),
                linear,
                shared,
                1,
                OptionalDouble.empty(),
                scoring,
                jitter,
                perToken,
                Optional.of(new Correction("correction", false)),
                groups,
                Optional.empty(),
                normalized,
                1,
                addedToSum,
                smallestSum,
                scale,
                Optional.empty(),
                Optional.empty(),
                false);
    }

    /** @param expected for every row the experts that it goes to, with their weights */
    @SafeVarargs
    private static void assertWeights(Router router, boolean corrected, Map<Integer, Double>... expected) {
        Routing routing = Routing.of(
                router,
                LOGITS,
                corrected ? Optional.of(CORRECTION) : Optional.empty(),
                Optional.empty(),
                Optional.empty());
        for (int row = 0; row < expected.length; row++) {
            Map<Integer, Double> weights = weights(routing, row);
            assertThat(weights).containsOnlyKeys(expected[row].keySet());
            expected[row].forEach((expert, weight) -> assertThat(weights.get(expert))
                    .as("expert %d", expert)
                    .isCloseTo(weight, within(2e-7 * weight + 1e-8)));
        }
    }

    private static Map<Integer, Double> weights(Routing routing, int row) {
        Map<Integer, Double> weights = new TreeMap<>();
        for (int expert = 0; expert < EXPERTS; expert++) {
            Routing.Assigned assigned = routing.to(expert);
            for (int i = 0; i < assigned.rows().length; i++) {
                if (assigned.rows()[i] == row) {
                    weights.put(expert, (double) assigned.weights()[i]);
                }
            }
        }
        return weights;
    }
}
