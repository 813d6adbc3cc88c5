package io.github.swscan.known;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.architecture.family.Families;
import io.github.swscan.fixture.Models;
import io.github.swscan.report.KnownReport.Here;
import io.github.swscan.report.KnownReport.How;
import io.github.swscan.report.KnownReport.Model;
import io.github.swscan.report.KnownReport.Weight;
import io.github.swscan.scan.OpenModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class KnownWeightsTest {

    /** In {@link Models#CRITICAL}, at 1:57:123. */
    private static final float VALUE = 1.7734375f;

    static List<Model> builtIn() {
        return KnownWeights.builtIn().models();
    }

    @Test
    void theIndexNamesEachModelOnce() {
        assertThat(builtIn()).hasSizeGreaterThan(20).extracting(Model::name).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @MethodSource("builtIn")
    void anEntryIsComplete(Model model) {
        assertThat(model.name()).matches("[\\w.-]+/[\\w.-]+");
        assertThat(Families.names()).contains(model.family());
        assertThat(model.source()).isNotBlank();
        assertThat(model.how()).isNotNull();
        assertThat(model.together()).isNotEqualTo(Optional.of(""));
        assertThat(model.weights()).isNotEmpty().extracting(Weight::place).doesNotHaveDuplicates();
        assertThat(model.weights()).allSatisfy(weight -> {
            assertThat(weight.layer()).isBetween(0, model.layers() - 1);
            assertThat(weight.row()).isBetween(0, model.hiddenSize() - 1);
            assertThat(weight.column()).isBetween(0, model.intermediateSize() - 1);
            assertThat(weight.value()).isNotEqualTo(Optional.of(0.0));
            assertThat(weight.alone()).isNotEqualTo(Optional.of(""));
            assertThat(weight.here()).isEmpty();
        });
    }

    private static Weight weight(int row, Optional<Double> value) {
        return new Weight(1, Optional.empty(), row, 123, value, Optional.empty(), Optional.empty());
    }

    private static List<Model> in(Path path, String family, int layers, int hidden, int intermediate, Weight weight) {
        KnownWeights known = new KnownWeights(List.of(new Model(
                "some/model",
                family,
                layers,
                hidden,
                intermediate,
                List.of(weight),
                Optional.empty(),
                "nobody",
                How.PUBLISHED)));
        return OpenModel.read(path.toString(), "", model -> known.in(model.architecture(), model.checkpoint()));
    }

    @ParameterizedTest
    @CsvSource({"1.7734375, true", "1.76, true", "1.79, true", "1.75, false", "1.80, false", "-1.7734375, false"})
    void aValueIsThePublishedOneWithinOnePercent(double published, boolean same) {
        List<Model> found = in(Models.CRITICAL, "llama", 6, 128, 384, weight(57, Optional.of(published)));

        assertThat(found).hasSize(1);
        assertThat(found.get(0).weights().get(0).here()).contains(new Here(Optional.of(VALUE), same));
        assertThat(found.get(0).found()).isEqualTo(same ? 1 : 0);
    }

    @Test
    void aPlaceWithoutAPublishedValueIsToldWithWhatIsThere() {
        List<Model> found = in(Models.CRITICAL, "llama", 6, 128, 384, weight(57, Optional.empty()));

        assertThat(found.get(0).weights().get(0).here()).contains(new Here(Optional.of(VALUE), false));
    }

    @ParameterizedTest
    @CsvSource({"mistral, 6, 128, 384", "llama, 5, 128, 384", "llama, 6, 64, 384", "llama, 6, 128, 96"})
    void aModelOfAnotherFamilyOrShapeIsAnother(String family, int layers, int hidden, int intermediate) {
        assertThat(in(Models.CRITICAL, family, layers, hidden, intermediate, weight(57, Optional.of((double) VALUE))))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"3, true", "4, false", ", false"})
    void anExpertIsFoundByItsNumber(Integer expert, boolean there) {
        Weight weight = new Weight(
                2, Optional.ofNullable(expert), 31, 23, Optional.of(9.0), Optional.empty(), Optional.empty());

        List<Model> found = in(Models.reference("mixtral"), "mixtral", 3, 32, 24, weight);

        assertThat(found.get(0).weights().get(0).here().isPresent()).isEqualTo(there);
    }
}
