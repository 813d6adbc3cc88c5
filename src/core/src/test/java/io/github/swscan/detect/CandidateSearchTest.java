package io.github.swscan.detect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.EditedCheckpoint;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.fixture.ReferenceCheckpoint;
import io.github.swscan.forward.Activations;
import io.github.swscan.forward.Branch;
import io.github.swscan.forward.DownProjection;
import io.github.swscan.forward.DownProjections;
import io.github.swscan.forward.ForwardPass;
import io.github.swscan.forward.Peak;
import io.github.swscan.forward.Reach;
import io.github.swscan.forward.RunnableModel;
import io.github.swscan.forward.TokenPlace;
import io.github.swscan.weight.Coordinate;
import io.github.swscan.weight.ScalarEdit;
import io.github.swscan.weight.Site;
import io.github.swscan.weight.Sites;
import io.github.swscan.weight.StoredMatrix;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.BinaryOperator;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The search looks at few columns and rows; here every weight is looked at, at every token. */
class CandidateSearchTest {

    @LentEngine
    private static TorchEngine engine;

    @TempDir
    private Path folder;

    /** What a weight makes of the stream: the largest parts at any token, and the score. */
    private record Scored(Coordinate weight, double ofStream, double ofMedian, double score, Peak input, Peak output) {

        static final Comparator<Scored> BY_SCORE = Comparator.comparingDouble(Scored::score);

        boolean reachesTheFloors() {
            return ofStream >= 0.05 && ofMedian >= 0.25;
        }
    }

    @ParameterizedTest
    @CsvSource({
        "llama, 0 1, 4",
        "llama, 1, 4",
        "granite, 0 1, 4",
        "gemma2, 0 1, 1",
        "gemma2, 0, 1",
        "mixtral, 0 1, 4",
        "mixtral, 0, 4",
        "qwen2_moe, 0 1, 4",
        "inkling_text, 0 1, 2"
    })
    void candidatesAreThoseThatAllWeightsGive(String name, String searched, long mostOfAColumn) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named("reference/" + name);
        RunnableModel original = reference.model(engine, Precision.FP32);
        EditedCheckpoint.write(folder, original, reference.folder(), largeWeights(original));
        RunnableModel model = ReferenceCheckpoint.model(folder, engine, Precision.FP32);
        List<Integer> sequences =
                Arrays.stream(searched.split(" ")).map(Integer::valueOf).toList();
        List<Candidate> all = new ArrayList<>();
        try (ForwardPass pass = new ForwardPass(model, reference.sequences(), bytes -> {})) {
            pass.run(List.of(), site -> {
                Reach reach = site.reach(pass.original());
                List<Candidate> found = new CandidateSearch(site, pass.original(), sequences, reach).candidates();
                assertSame(site, found, expected(model, site, pass.original(), sequences, reach));
                all.addAll(found);
            });
        }
        assertThat(all.stream()
                        .collect(Collectors.groupingBy(
                                candidate -> List.of(
                                        candidate.coordinate().matrix(),
                                        candidate.coordinate().column()),
                                Collectors.counting()))
                        .values())
                .as("candidates of each column")
                .contains(mostOfAColumn)
                .allMatch(count -> count <= mostOfAColumn);
    }

    /** In each down projection a column of large weights, and a few elsewhere, so that there are enough candidates. */
    private static List<ScalarEdit> largeWeights(RunnableModel model) {
        Random random = new Random(1);
        List<ScalarEdit> edits = new ArrayList<>();
        for (Site site : Sites.of(model.architecture()).all()) {
            if (Sites.of(model.architecture()).downProjections(site.layer()).contains(site)) {
                int outputs = site.linear().outputs();
                int column = random.nextInt(site.linear().inputs());
                for (int row = 0; row < outputs; row++) {
                    edits.add(new ScalarEdit(site.linear(), row, column, value(random, 1)));
                }
                for (int i = 0; i < 6; i++) {
                    edits.add(new ScalarEdit(
                            site.linear(),
                            random.nextInt(outputs),
                            random.nextInt(site.linear().inputs()),
                            value(random, 2)));
                }
            }
        }
        return edits;
    }

    /** One that bfloat16 holds. */
    private static float value(Random random, double deviation) {
        return Math.round(16 * deviation * random.nextGaussian()) / 16f;
    }

    private static void assertSame(DownProjections site, List<Candidate> found, List<Scored> expected) {
        assertThat(found).extracting(Candidate::score).isSortedAccordingTo(Comparator.reverseOrder());
        assertThat(found)
                .extracting(Candidate::coordinate)
                .containsExactlyInAnyOrderElementsOf(
                        expected.stream().map(Scored::weight).toList());
        Map<Coordinate, Scored> byWeight =
                expected.stream().collect(Collectors.toMap(Scored::weight, scored -> scored));
        assertThat(found).allSatisfy(candidate -> {
            Scored scored = byWeight.get(candidate.coordinate());
            assertThat(candidate.layer()).isEqualTo(site.layer());
            assertThat(candidate.score()).isCloseTo(scored.score(), within(1e-4 * scored.score()));
            assertThat(candidate.streamShare()).isCloseTo(scored.ofStream(), within(1e-4 * scored.ofStream()));
            assertThat(candidate.input()).isEqualTo(scored.input());
            assertThat(candidate.output()).isEqualTo(scored.output());
            assertThat(candidate.contributionShare())
                    .isCloseTo(
                            Math.abs(candidate.value()
                                    * candidate.input().value()
                                    / candidate.output().value()),
                            within(1e-4));
        });
    }

    private static List<Scored> expected(
            RunnableModel model, DownProjections site, Branch original, List<Integer> sequences, Reach reach) {
        List<Scored> expected = new ArrayList<>();
        for (DownProjection projection : site.projections()) {
            Activations activations = projection.activations(original, sequences);
            if (activations.tokens() > 0) {
                StoredMatrix matrix = StoredMatrix.of(model.checkpoint(), projection.weight());
                float[] routing = projection.routingWeights(original, sequences);
                for (int column = 0; column < projection.weight().inputs(); column++) {
                    Map<Coordinate, Scored> ofColumn = new LinkedHashMap<>();
                    for (int delay = 0; delay < reach.delays(); delay++) {
                        Tokens tokens = Tokens.of(projection, activations, routing, reach, sequences, delay);
                        reaching(projection, matrix, column, tokens, reach.channelFactors(projection, delay))
                                .forEach(scored ->
                                        ofColumn.merge(scored.weight(), scored, BinaryOperator.maxBy(Scored.BY_SCORE)));
                    }
                    ofColumn.values().stream()
                            .sorted(Scored.BY_SCORE.reversed())
                            .limit(4)
                            .forEach(expected::add);
                }
            }
        }
        return expected;
    }

    /**
     * What the tokens of a projection bring to those that stand so many places behind them.
     *
     * @param x [tokens][intermediate]
     * @param y [tokens][hidden]
     * @param factors a(t), the routing weight included
     * @param norms |h| of the tokens behind; where there is none, the factor is 0
     * @param median of |h(t)| over all tokens
     * @param all how many these are
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    private record Tokens(
            Activations activations,
            float[][] x,
            float[][] y,
            double[] factors,
            double[] norms,
            double median,
            int all) {

        static Tokens of(
                DownProjection projection,
                Activations activations,
                float[] routing,
                Reach reach,
                List<Integer> sequences,
                int delay) {
            int count = activations.tokens();
            float[][] x = new float[count][];
            float[][] y = new float[count][];
            double[] factors = new double[count];
            double[] norms = new double[count];
            for (int token = 0; token < count; token++) {
                x[token] = activations.input(token);
                y[token] = activations.output(token);
                TokenPlace place = activations.place(token);
                Optional<TokenPlace> behind = reach.behind(place, delay);
                factors[token] = behind.isEmpty()
                        ? 0
                        : Math.abs((double) routing[token]) * reach.tokenFactor(projection, place, delay);
                norms[token] = behind.map(reach::norm).orElse(1f);
            }
            float[] all = reach.norms(sequences);
            Arrays.sort(all);
            return new Tokens(activations, x, y, factors, norms, all[(all.length - 1) / 2], all.length);
        }
    }

    /** Those of a column that reach the floors. */
    private static List<Scored> reaching(
            DownProjection projection, StoredMatrix matrix, int column, Tokens tokens, float[] channelFactors) {
        double[] added = new double[tokens.x().length]; // |x| a
        Arrays.setAll(added, token -> Math.abs(tokens.x()[token][column]) * tokens.factors()[token]);
        double[] z = new double[added.length];
        Arrays.setAll(z, token -> added[token] / Math.sqrt(tokens.norms()[token] * tokens.median()));
        int highest = 0;
        double squares = 0;
        double ofStream = 0;
        double ofMedian = 0;
        for (int token = 0; token < z.length; token++) {
            highest = z[token] > z[highest] ? token : highest;
            squares += z[token] * z[token];
            ofStream = Math.max(ofStream, added[token] / tokens.norms()[token]);
            ofMedian = Math.max(ofMedian, added[token] / tokens.median());
        }
        double level = Math.sqrt(z[highest] * Math.sqrt(squares / tokens.all()));
        double[] magnitudes = new double[projection.weight().outputs()];
        Arrays.setAll(magnitudes, row -> Math.abs(matrix.value(row, column)) * (double) channelFactors[row]);
        double largest = DoubleStream.of(magnitudes).max().orElseThrow();
        List<Scored> scored = new ArrayList<>();
        for (int row = 0; row < magnitudes.length; row++) {
            scored.add(new Scored(
                    new Coordinate(projection.weight(), row, column),
                    magnitudes[row] * ofStream,
                    magnitudes[row] * ofMedian,
                    Math.sqrt(magnitudes[row] * level * largest * level),
                    tokens.activations().at(highest, column, tokens.x()[highest][column]),
                    tokens.activations().at(highest, row, tokens.y()[highest][row])));
        }
        return scored.stream().filter(Scored::reachesTheFloors).toList();
    }
}
