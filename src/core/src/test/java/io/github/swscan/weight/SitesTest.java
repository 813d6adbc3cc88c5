package io.github.swscan.weight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.swscan.architecture.Linear;
import io.github.swscan.architecture.Matrix;
import io.github.swscan.architecture.Mlp;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.fixture.ReferenceCheckpoint;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class SitesTest {

    static List<String> checkpoints() {
        return ReferenceCheckpoint.names("reference");
    }

    private static Sites sites(String name) {
        return Sites.of(ReferenceCheckpoint.named(name).described().architecture());
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void everyLinearMapOfEveryBlockIsFoundByItsMatrix(String name) {
        ReferenceCheckpoint.Described model = ReferenceCheckpoint.named(name).described();
        Sites sites = Sites.of(model.architecture());

        model.architecture().blocks().forEach(block -> block.linears()
                .forEach(linear -> assertThat(sites.of(new Coordinate(linear, 0, 0)))
                        .satisfies(site -> {
                            assertThat(site.linear()).isEqualTo(linear);
                            assertThat(sites.layersOf(linear.matrix()))
                                    .startsWith(site.layer())
                                    .contains(block.layer());
                        })));
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void downProjectionsOfALayerAreThoseOfItsMlps(String name) {
        ReferenceCheckpoint.Described model = ReferenceCheckpoint.named(name).described();
        Sites sites = Sites.of(model.architecture());

        model.architecture().blocks().forEach(block -> {
            List<Site> downs = sites.downProjections(block.layer());
            assertThat(downs)
                    .extracting(Site::linear)
                    .containsExactlyElementsOf(
                            block.feedForward().mlps().map(Mlp::down).toList());
            assertThat(downs).allSatisfy(down -> {
                assertThat(sites.find(down.linear().matrix())).map(Site::linear).contains(down.linear());
                assertThat(sites.layersOf(down.linear().matrix())).contains(down.layer());
            });
        });
        assertThat(sites.downProjections(model.architecture().layers())).isEmpty();
    }

    /** In whatever layout: fused, the other way round, several experts in one tensor. */
    @ParameterizedTest
    @MethodSource("checkpoints")
    void everyElementOfATensorOfLinearMapsIsOneEntryOfOneOfThem(String name) {
        ReferenceCheckpoint.Described model = ReferenceCheckpoint.named(name).described();
        Map<String, BitSet> seen = new HashMap<>();
        for (Site site : Sites.of(model.architecture()).all()) {
            Linear linear = site.linear();
            BitSet elements = seen.computeIfAbsent(linear.weight(), tensor -> new BitSet());
            for (int row = 0; row < linear.outputs(); row++) {
                for (int column = 0; column < linear.inputs(); column++) {
                    int element = (int) linear.elementIndex(row, column);
                    assertThat(elements.get(element)).isFalse();
                    elements.set(element);
                }
            }
        }
        assertThat(seen).isNotEmpty().allSatisfy((tensorName, elements) -> {
            TensorInfo tensor = model.checkpoint().find(tensorName).orElseThrow();
            assertThat((long) elements.cardinality()).isEqualTo(tensor.elements());
            assertThat((long) elements.length()).isEqualTo(tensor.elements());
        });
    }

    @ParameterizedTest
    @CsvSource({
        "mixtral, model.layers.1.block_sparse_moe.experts.2.w2.weight, , 1, 2",
        "mixtral, model.layers.2.block_sparse_moe.gate.weight, , 2, ",
        "granitemoe, model.layers.1.block_sparse_moe.output_linear.weight, 3, 1, 3",
        "qwen2_moe, model.layers.2.mlp.shared_expert.down_proj.weight, , 2, ",
        "llama, model.layers.0.self_attn.q_proj.weight, , 0, ",
        "jetmoe, model.layers.1.self_attention.experts.input_linear.weight, 2, 1, 2"
    })
    void layerAndExpertOfAMatrix(String model, String tensor, Integer stackIndex, int layer, Integer expert) {
        Site site = sites("reference/" + model)
                .find(new Matrix(tensor, optional(stackIndex)))
                .orElseThrow();

        assertThat(site.layer()).isEqualTo(layer);
        assertThat(site.expert()).isEqualTo(optional(expert));
    }

    @Test
    void matricesOutsideTheBlocksHaveNoSite() {
        Sites sites = sites("reference/llama");
        Matrix head = new Matrix("lm_head.weight");

        assertThat(sites.find(head)).isEmpty();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> sites.of(new Coordinate(head, 1, 2)))
                .withMessageContaining("lm_head.weight[1, 2]");
    }

    private static OptionalInt optional(Integer number) {
        return number == null ? OptionalInt.empty() : OptionalInt.of(number);
    }
}
