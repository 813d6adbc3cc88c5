package io.github.swscan.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.swscan.architecture.Block;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.fixture.ReferenceCheckpoint;
import io.github.swscan.weight.ScalarEdit;
import io.github.swscan.weight.Site;
import io.github.swscan.weight.Sites;
import io.github.swscan.weight.StoredMatrix;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is said of a contribution's way into the residual stream is what changing a weight does to the stream. */
class ReachTest {

    private static final int CHANGES = 40;

    @LentEngine
    private static TorchEngine engine;

    /** One weight that is changed a little. */
    private record Change(Site site, int row, int column, float by, Branch branch) {}

    @ParameterizedTest
    @ValueSource(strings = {"llama", "granite", "gemma2", "mixtral", "granitemoe", "qwen2_moe"})
    void aChangedWeightChangesTheStreamByItsContribution(String name) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named("reference/" + name);
        RunnableModel model = reference.model(engine, Precision.FP32);
        Sequences sequences = reference.sequences();
        List<Change> changes = changes(model, sequences);
        int[] compared = {0};
        try (ForwardPass pass = new ForwardPass(model, sequences, bytes -> {})) {
            pass.run(changes.stream().map(Change::branch).toList(), site -> changes.stream()
                    .filter(change -> change.site().layer() == site.layer())
                    .forEach(change -> compared[0] += compare(
                            site,
                            pass.original(),
                            change,
                            sequences.all(),
                            model.architecture().blocks().get(site.layer()))));
        }
        assertThat(compared[0]).as("contributions").isGreaterThan(CHANGES);
    }

    /**
     * Where an output comes to many channels: by experts on a narrower vector, beside the stream, to several streams. In half
     * of the places the whole change is as long as it should be; in others it moves norms and corrections as well.
     */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "deepseek_v4",
                "gemma3n_text",
                "gemma4_text-experts",
                "hy_v4",
                "longcat_flash",
                "nemotron_h-latent",
                "qwen4_exp_text",
                "zamba2-adapters"
            })
    void aChangedWeightChangesTheStreamByAVectorOfTheLengthOfItsContribution(String name) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named("reference/" + name);
        RunnableModel model = reference.model(engine, Precision.FP32);
        Sequences sequences = reference.sequences();
        List<Change> changes = changes(model, sequences);
        List<Double> ratios = new ArrayList<>();
        try (ForwardPass pass = new ForwardPass(model, sequences, bytes -> {})) {
            pass.run(changes.stream().map(Change::branch).toList(), site -> changes.stream()
                    .filter(change -> change.site().layer() == site.layer())
                    .forEach(change -> ratios.addAll(ratios(site, pass.original(), change, sequences.all()))));
        }
        assertThat(ratios).as("contributions").hasSizeGreaterThan(CHANGES);
        List<Double> sorted = ratios.stream().sorted().toList();
        assertThat(sorted.get(sorted.size() / 2)).isCloseTo(1, within(0.03));
    }

    /** Where no other token of the same expert is near enough for its output to come to the same place of the stream. */
    @ParameterizedTest
    @ValueSource(strings = {"inkling_text", "inkling_text-published", "inkling_text-six"})
    void aChangedWeightChangesTheStreamOfTheTokensBehindByItsContribution(String name) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named("reference/" + name);
        RunnableModel model = reference.model(engine, Precision.FP32);
        Sequences sequences = reference.sequences();
        List<Change> changes = changes(model, sequences);
        Map<Integer, Integer> compared = new HashMap<>();
        try (ForwardPass pass = new ForwardPass(model, sequences, bytes -> {})) {
            pass.run(changes.stream().map(Change::branch).toList(), site -> changes.stream()
                    .filter(change -> change.site().layer() == site.layer())
                    .forEach(change -> compareBehind(site, pass.original(), change, sequences.all(), compared)));
        }
        assertThat(compared).as("contributions by delay").hasSizeGreaterThan(2);
    }

    private static void compareBehind(
            DownProjections site,
            Branch original,
            Change change,
            List<Integer> sequences,
            Map<Integer, Integer> compared) {
        Reach before = site.reach(original);
        Reach after = site.reach(change.branch());
        for (DownProjection projection : site.projections()) {
            if (projection.weight().equals(change.site().linear())) {
                Activations activations = projection.activations(original, sequences);
                float[] routing = projection.routingWeights(original, sequences);
                List<TokenPlace> places = IntStream.range(0, activations.tokens())
                        .mapToObj(activations::place)
                        .toList();
                for (int token = 0; token < places.size(); token++) {
                    for (int delay = 0; delay < before.delays(); delay++) {
                        TokenPlace from = places.get(token);
                        Optional<TokenPlace> to = before.behind(from, delay)
                                .filter(place -> places.stream()
                                                .filter(other -> other.sequence() == place.sequence())
                                                .map(other -> place.position() - other.position())
                                                .filter(distance -> distance >= 0 && distance < before.delays())
                                                .count()
                                        == 1);
                        double contribution = change.by()
                                * activations.input(token)[change.column()]
                                * routing[token]
                                * before.tokenFactor(projection, from, delay)
                                * before.channelFactors(projection, delay)[change.row()];
                        if (to.isPresent() && Math.abs(contribution) > 1e-3) {
                            compared.merge(delay, 1, Integer::sum);
                            double actual = Math.abs(
                                    after.entry(to.get(), change.row()) - before.entry(to.get(), change.row()));
                            assertThat(actual)
                                    .as("%s, %d behind", from, delay)
                                    .isCloseTo(Math.abs(contribution), within(0.01 * Math.abs(contribution) + 5e-6));
                        }
                    }
                }
            }
        }
    }

    /** How long the change of the stream is at each token, in parts of what it should be. */
    private static List<Double> ratios(DownProjections site, Branch original, Change change, List<Integer> sequences) {
        Reach before = site.reach(original);
        Reach after = site.reach(change.branch());
        List<Double> ratios = new ArrayList<>();
        for (DownProjection projection : site.projections()) {
            if (projection.weight().equals(change.site().linear())) {
                Activations activations = projection.activations(original, sequences);
                float[] routing = projection.routingWeights(original, sequences);
                for (int token = 0; token < activations.tokens(); token++) {
                    TokenPlace place = activations.place(token);
                    double contribution = change.by()
                            * activations.input(token)[change.column()]
                            * routing[token]
                            * before.tokenFactor(projection, place, 0)
                            * before.channelFactors(projection, 0)[change.row()];
                    if (Math.abs(contribution) > 1e-3) {
                        ratios.add(distance(before, after, place) / Math.abs(contribution));
                    }
                }
            }
        }
        return ratios;
    }

    private static double distance(Reach before, Reach after, TokenPlace place) {
        double squares = 0;
        for (int channel = 0; channel < before.channels(); channel++) {
            squares += Math.pow(after.entry(place, channel) - before.entry(place, channel), 2);
        }
        return Math.sqrt(squares);
    }

    private static List<Change> changes(RunnableModel model, Sequences sequences) {
        Random random = new Random(1);
        Sites all = Sites.of(model.architecture());
        List<Site> sites = IntStream.range(0, all.layers())
                .boxed()
                .flatMap(layer -> all.downProjections(layer).stream())
                .toList();
        List<Change> changes = new ArrayList<>();
        for (int i = 0; i < CHANGES; i++) {
            Site site = sites.get(random.nextInt(sites.size()));
            int row = random.nextInt(site.linear().outputs());
            int column = random.nextInt(site.linear().inputs());
            float by = (random.nextBoolean() ? 1 : -1) * 0.05f;
            float value = StoredMatrix.of(model.checkpoint(), site.linear()).value(row, column);
            Branch branch =
                    new Branch(sequences.all(), List.of(new ScalarEdit(site.linear(), row, column, value + by)));
            changes.add(new Change(site, row, column, by, branch));
        }
        return changes;
    }

    /** Returns for how many tokens the change is large enough to be compared. */
    private static int compare(
            DownProjections site, Branch original, Change change, List<Integer> sequences, Block block) {
        Reach before = site.reach(original);
        Reach after = site.reach(change.branch());
        int compared = 0;
        for (DownProjection projection : site.projections()) {
            if (projection.weight().equals(change.site().linear())) {
                Activations activations = projection.activations(original, sequences);
                float[] routing = projection.routingWeights(original, sequences);
                for (int token = 0; token < activations.tokens(); token++) {
                    TokenPlace place = activations.place(token);
                    double contribution = change.by()
                            * activations.input(token)[change.column()]
                            * routing[token]
                            * before.tokenFactor(projection, place, 0)
                            * before.channelFactors(projection, 0)[change.row()];
                    if (Math.abs(contribution) > 1e-3) {
                        compared++;
                        double expected = Math.abs(contribution)
                                * partBesideTheNorm(block, activations.output(token), change.row());
                        double actual = Math.abs(after.entry(place, change.row()) - before.entry(place, change.row()));
                        assertThat(actual).as("%s", place).isCloseTo(expected, within(0.03 * expected + 2e-6));
                    }
                }
            }
        }
        return compared;
    }

    /** What is left out: an entry that grows also makes the root mean square grow that a norm divides by. */
    private static double partBesideTheNorm(Block block, float[] y, int row) {
        double squares =
                IntStream.range(0, y.length).mapToDouble(i -> y[i] * y[i]).sum();
        return block.feedForwardResidual().outputNorm().isPresent() ? 1 - y[row] * y[row] / squares : 1;
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "gemma2", "mixtral"})
    void normsMedianAndPeaksAreThoseOfTheEntries(String name) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named("reference/" + name);
        RunnableModel model = reference.model(engine, Precision.FP32);
        Sequences sequences = reference.sequences();
        int hidden = model.architecture().hiddenSize();
        try (ForwardPass pass = new ForwardPass(model, sequences, bytes -> {})) {
            pass.run(List.of(), site -> {
                Reach reach = site.reach(pass.original());
                List<TokenPlace> second = IntStream.range(0, sequences.tokens(1))
                        .mapToObj(position -> new TokenPlace(1, position))
                        .toList();
                List<Peak> peaks = reach.channelPeaks(List.of(1));

                assertThat(reach.norms(List.of(1))).hasSize(second.size());
                assertThat(reach.norms(sequences.all())).hasSize(sequences.totalTokens());
                assertThat(peaks).hasSize(hidden);
                for (TokenPlace place : second) {
                    double squares = IntStream.range(0, hidden)
                            .mapToDouble(channel -> Math.pow(reach.entry(place, channel), 2))
                            .sum();
                    assertThat(reach.norm(place)).isCloseTo((float) Math.sqrt(squares), within(1e-4f));
                    assertThat(reach.norms(List.of(1))).contains(reach.norm(place));
                    IntStream.range(0, hidden).forEach(channel -> assertThat(Math.abs(reach.entry(place, channel)))
                            .isLessThanOrEqualTo(peaks.get(channel).magnitude()));
                }
                assertThat(peaks).allSatisfy(peak -> assertThat(
                                reach.entry(new TokenPlace(peak.sequence(), peak.position()), peak.channel()))
                        .isEqualTo(peak.value()));
                double[] magnitudes = second.stream()
                        .flatMapToDouble(place -> IntStream.range(0, hidden)
                                .mapToDouble(channel -> Math.abs(reach.entry(place, channel))))
                        .sorted()
                        .toArray();
                assertThat(reach.medianMagnitude(List.of(1)))
                        .isEqualTo((float) magnitudes[(magnitudes.length - 1) / 2]);
            });
        }
    }
}
