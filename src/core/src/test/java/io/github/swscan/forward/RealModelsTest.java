package io.github.swscan.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.fixture.RealModels;
import io.github.swscan.fixture.ReferenceCheckpoint;
import io.github.swscan.weight.ColumnEdit;
import io.github.swscan.weight.Edit;
import io.github.swscan.weight.RowEdit;
import io.github.swscan.weight.ScalarEdit;
import io.github.swscan.weight.Site;
import io.github.swscan.weight.Sites;
import io.github.swscan.weight.StoredWeight;
import io.github.swscan.weight.WeightName;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.CsvSource;

/** What edits of public checkpoints do is what transformers computed, see {@link RealModels}. */
@Tag("real-models")
@ParameterizedClass
@CsvSource({
    "smollm2-135m.json, SmolLM2-135M-Instruct.Q4_1.gguf",
    "smollm2-135m.json, SmolLM2-135M-Instruct",
    "gemma-3-270m.json, gemma-3-270m.Q4_K_M.gguf"
})
class RealModelsTest {

    /** How many branches go through a model together: 16 of 320 tokens take some 300 MB. */
    private static final int SIDE_BY_SIDE = 16;

    /** In nats per token: where one weight is edited, and where several are. */
    private static final double ONE = 2e-5;

    private static final double SEVERAL = 1e-4;

    @LentEngine
    private static TorchEngine engine;

    private final Reference reference;
    private final RunnableModel model;
    private final Sites sites;

    RealModelsTest(String reference, String checkpoint) throws IOException {
        this.reference = JsonMapper.builder()
                .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .build()
                .readValue(RealModels.reference(reference).toFile(), Reference.class);
        this.model = ReferenceCheckpoint.model(RealModels.checkpoint(checkpoint), engine, Precision.FP32);
        this.sites = Sites.of(model.architecture());
    }

    @Test
    void theTextIsPredictedAsInTheReference() {
        assertThat(effects(List.of()).get(0).meanNll())
                .isCloseTo(reference.meanNll(), within(5e-5 * reference.meanNll()));
    }

    @Test
    void weightsAreThoseOfTheReference() {
        assertThat(reference.singles()).isNotEmpty().allSatisfy(single -> assertThat(
                        stored(WeightName.parse(single.weight())).value())
                .as(single.weight())
                .isEqualTo(single.value()));
    }

    @Test
    void removingOneWeightDoesWhatItDoesInTheReference() {
        List<Edited> singles = reference.singles().stream()
                .map(single -> new Edited(List.of(single.weight()), single.meanNllRise(), single.klDivergence()))
                .toList();
        assertEffects(singles, this::removal, ONE);
    }

    @Test
    void removingSeveralWeightsRowsAndColumnsDoesWhatItDoesInTheReference() {
        assertEffects(reference.joint(), this::removal, SEVERAL);
    }

    @Test
    void flippingTheSignDoesWhatItDoesInTheReference() {
        assertEffects(reference.flipped(), this::flip, SEVERAL);
    }

    private void assertEffects(List<Edited> expected, Function<WeightName, Edit> edit, double tolerance) {
        assertThat(expected).isNotEmpty();
        List<Effect> effects = effects(expected.stream()
                .map(edited -> edited.weights().stream()
                        .map(WeightName::parse)
                        .map(edit)
                        .toList())
                .toList());
        double meanNll = effects.get(0).meanNll();
        assertThat(IntStream.range(0, expected.size())).allSatisfy(i -> {
            Edited edited = expected.get(i);
            Effect effect = effects.get(i + 1);
            assertThat(effect.meanNll() - meanNll)
                    .as("rise of the mean NLL: %s", edited.weights())
                    .isCloseTo(edited.meanNllRise(), within(tolerance));
            assertThat(effect.divergence())
                    .as("KL divergence: %s", edited.weights())
                    .isCloseTo(edited.klDivergence(), within(tolerance));
        });
    }

    /** Of the unedited model, then of each edited one. */
    private List<Effect> effects(List<List<Edit>> edits) {
        Sequences sequences = new Sequences(reference.inputIds());
        List<Branch> planned =
                edits.stream().map(of -> new Branch(sequences.all(), of)).toList();
        List<Effect> effects = new ArrayList<>();
        for (int first = 0; first == 0 || first < planned.size(); first += SIDE_BY_SIDE) {
            List<Branch> together = planned.subList(first, Math.min(first + SIDE_BY_SIDE, planned.size()));
            try (ForwardPass pass = new ForwardPass(model, sequences, bytes -> {})) {
                List<Branch> branches = Stream.concat(Stream.of(pass.original()), together.stream())
                        .toList();
                pass.run(together, Probe.NONE).score(branches, sequences.all()).stream()
                        .skip(first == 0 ? 0 : 1)
                        .map(scores -> new Effect(scores.meanNegativeLogLikelihood(), scores.meanDivergence()))
                        .forEach(effects::add);
            }
        }
        return effects;
    }

    private Edit removal(WeightName name) {
        Site site = name.site(sites);
        if (name.column().isEmpty()) {
            return new RowEdit(site.linear().matrix(), name.row().orElseThrow(), 0);
        }
        if (name.row().isEmpty()) {
            return new ColumnEdit(site.linear().matrix(), name.column().orElseThrow(), 0);
        }
        return ScalarEdit.zero(stored(name).coordinate());
    }

    private Edit flip(WeightName name) {
        StoredWeight weight = stored(name);
        return new ScalarEdit(weight.coordinate(), -weight.value());
    }

    private StoredWeight stored(WeightName name) {
        return name.find(sites, model.checkpoint());
    }

    /** A file of references, see scripts/evidence/README.md. */
    record Reference(
            List<int[]> inputIds, double meanNll, List<Single> singles, List<Edited> joint, List<Edited> flipped) {}

    record Single(String weight, float value, double meanNllRise, double klDivergence) {}

    record Edited(List<String> weights, double meanNllRise, double klDivergence) {}

    /** In nats per token. */
    record Effect(double meanNll, double divergence) {}
}
