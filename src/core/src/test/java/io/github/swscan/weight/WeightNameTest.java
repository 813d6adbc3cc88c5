package io.github.swscan.weight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.fixture.ReferenceCheckpoint;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WeightNameTest {

    private static StoredWeight find(String model, String name) {
        ReferenceCheckpoint.Described described =
                ReferenceCheckpoint.named("reference/" + model).described();
        return WeightName.parse(name).find(Sites.of(described.architecture()), described.checkpoint());
    }

    @ParameterizedTest
    @CsvSource({
        "1:2:3, model.layers.1.mlp.down_proj.weight",
        "model.layers.2.mlp.up_proj.weight:2:3, model.layers.2.mlp.up_proj.weight",
        "model.layers.0.self_attn.q_proj.weight:31:31, model.layers.0.self_attn.q_proj.weight"
    })
    void weightsAreFoundByLayerOrTensor(String name, String tensor) {
        StoredWeight weight = find("llama", name);

        assertThat(weight.coordinate().tensor()).isEqualTo(tensor);
        assertThat(tensor).contains("layers." + weight.layer() + ".");
        assertThat(name).endsWith(":" + weight.row() + ":" + weight.column());
    }

    @ParameterizedTest
    @CsvSource({
        "granitemoe, 1:2:3:4, model.layers.1.block_sparse_moe.output_linear.weight, 2",
        "mixtral, 1:2:3:4, model.layers.1.block_sparse_moe.experts.2.w2.weight, 2",
        "mixtral, model.layers.1.block_sparse_moe.experts.3.w1.weight:3:4, model.layers.1.block_sparse_moe.experts.3.w1.weight, 3",
        "jetmoe, model.layers.1.self_attention.experts.input_linear.weight:2:3:4, model.layers.1.self_attention.experts.input_linear.weight, 2"
    })
    void expertsAreNamedWhereTheTensorDoesNotTell(String model, String name, String tensor, int expert) {
        StoredWeight weight = find(model, name);

        assertThat(weight.coordinate().tensor()).isEqualTo(tensor);
        assertThat(weight.expert()).hasValue(expert);
    }

    @ParameterizedTest
    @CsvSource({
        "llama, 3:0:0, there is no weight 3:0:0: the model has layers 0 to 2",
        "llama, 01:0:0, there is no weight 01:0:0: the model has layers 0 to 2",
        "llama, 99999999999:0:0, there is no weight 99999999999:0:0: the model has layers 0 to 2",
        "llama, 0:32:0, there is no weight 0:32:0: model.layers.0.mlp.down_proj.weight has rows 0 to 31 and columns 0 to 47",
        "llama, 0:0:48, there is no weight 0:0:48: model.layers.0.mlp.down_proj.weight has rows 0 to 31 and columns 0 to 47",
        "llama, lm_head.weight:0:0, there is no weight lm_head.weight:0:0: no linear map of a layer has this name; 'swscan inspect' lists down projections",
        "llama, 0:0:1:1, there is no weight 0:0:1:1: layer 0 has no experts",
        "gpt2, transformer.h.1.mlp.c_proj.weight:40:31, there is no weight transformer.h.1.mlp.c_proj.weight:40:31: transformer.h.1.mlp.c_proj.weight has rows 0 to 31 and columns 0 to 63",
        "mixtral, 0:1:1, '0:1:1 may be in any of 4 down projections: put the expert before the row, as in 0:0:1:1'",
        "mixtral, 0:4:1:1, there is no weight 0:4:1:1: layer 0 has experts 0 to 3",
        "mixtral, 3:0:1:1, there is no weight 3:0:1:1: the model has layers 0 to 2",
        "mixtral, model.layers.1.block_sparse_moe.experts.3.w1.weight:2:3:4, there is no weight model.layers.1.block_sparse_moe.experts.3.w1.weight:2:3:4: model.layers.1.block_sparse_moe.experts.3.w1.weight is of expert 3",
        "inkling_text, 1:1:2:3, '1:1:2:3 may be in any of 2 down projections: name the tensor, as in model.layers.1.mlp.shared_experts.down_proj:1:2:3'",
        "qwen2_moe, 1:2:3, '1:2:3 may be in any of 5 down projections: put the expert before the row, as in 1:0:2:3, or name the tensor of a shared expert'"
    })
    void weightsThatAreNotThereAreNamed(String model, String name, String message) {
        assertThatExceptionOfType(WeightNameException.class)
                .isThrownBy(() -> find(model, name))
                .withMessage(message);
    }

    /** Names need not come from text: a report may hold any number. */
    @ParameterizedTest
    @CsvSource({"-1, 0", "0, -1"})
    void channelsBelowZeroAreNotThere(int row, int column) {
        ReferenceCheckpoint.Described llama =
                ReferenceCheckpoint.named("reference/llama").described();
        WeightName name = new WeightName("0", OptionalInt.empty(), row, column);

        assertThatExceptionOfType(WeightNameException.class)
                .isThrownBy(() -> name.find(Sites.of(llama.architecture()), llama.checkpoint()))
                .withMessageContaining("has rows 0 to 31 and columns 0 to 47");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "1",
                "1:2",
                "1:2:3:4:5",
                ":1:2",
                "1:-2:3",
                "1:x:3",
                "1:2:",
                "1:2:9999999999",
                "1:1.5:2",
                "1:*:*",
                "1:**:2",
                "1:*:2:3"
            })
    void otherNotationsAreRefused(String name) {
        assertThatExceptionOfType(WeightNameException.class).isThrownBy(() -> WeightName.parse(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"1:2:3", "1:0:2:3", "a.b.weight:2:3", "a.b.weight:4:2:3", "1:2:*", "1:*:3", "1:0:*:3"})
    void namesAreWrittenAsTheyAreRead(String name) {
        assertThat(WeightName.parse(name)).hasToString(name);
    }

    @Test
    void rowsAndColumnsAreNotSingleWeights() {
        assertThat(WeightName.parse("1:2:*"))
                .isEqualTo(new WeightName("1", OptionalInt.empty(), OptionalInt.of(2), OptionalInt.empty()));
        assertThat(WeightName.parse("1:2:*").isSingle()).isFalse();
        assertThat(WeightName.parse("1:*:3").isSingle()).isFalse();
        assertThat(WeightName.parse("1:2:3").isSingle()).isTrue();
        assertThatExceptionOfType(WeightNameException.class)
                .isThrownBy(() -> find("llama", "1:2:*"))
                .withMessage("1:2:* is not a single weight");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a.b.weight[2, 3]    | a.b.weight:2:3",
                "a.b.weight[4, 2, 3] | a.b.weight:4:2:3",
                "a.b.weight[0, 0]    | a.b.weight:0:0"
            })
    void reportsWriteWeightsInAnotherNotation(String text, String name) {
        assertThat(WeightName.parseCoordinate(text)).isEqualTo(WeightName.parse(name));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a.b.weight",
                "a.b.weight:2:3",
                "a.b.weight[2]",
                "a.b.weight[2,3]",
                "a.b.weight[2, *]",
                "a.b.weight[-1, 3]",
                "a.b.weight[1, 2, 3, 4]",
                "a.b.weight[2, 9999999999]",
                "[2, 3]",
                "a[1, 2][2, 3]"
            })
    void otherNotationsOfReportsAreRefused(String text) {
        assertThatExceptionOfType(WeightNameException.class).isThrownBy(() -> WeightName.parseCoordinate(text));
    }

    /** Also in a matrix that is stored the other way round, and in those of several experts in one tensor. */
    @ParameterizedTest
    @CsvSource({"llama, 0:3:40", "gpt2, 1:2:40", "granitemoe, 1:3:31:2"})
    void aRowAndAColumnCrossAtTheirWeight(String model, String name) {
        ReferenceCheckpoint.Described described =
                ReferenceCheckpoint.named("reference/" + model).described();
        Sites sites = Sites.of(described.architecture());
        StoredWeight weight = find(model, name);
        WeightName single = WeightName.parse(name);
        WeightLine row = (WeightLine) new WeightName(single.place(), single.expert(), single.row(), OptionalInt.empty())
                .target(sites, described.checkpoint());
        WeightLine column =
                (WeightLine) new WeightName(single.place(), single.expert(), OptionalInt.empty(), single.column())
                        .target(sites, described.checkpoint());

        assertThat(row).isEqualTo(WeightLine.rowOf(weight));
        assertThat(column).isEqualTo(WeightLine.columnOf(weight));
        assertThat(single.target(sites, described.checkpoint())).isEqualTo(weight);
        assertThat(row.elements().filter(element -> column.elements().anyMatch(other -> other == element)))
                .containsExactly(weight.element());
        assertThat(row.elements().distinct()).hasSize(weight.linear().inputs());
        assertThat(column.elements().distinct()).hasSize(weight.linear().outputs());
    }

    @Test
    void rowsAndColumnsHaveASite() {
        Sites sites = Sites.of(
                ReferenceCheckpoint.named("reference/mixtral").described().architecture());

        assertThat(WeightName.parse("1:2:31:*").site(sites))
                .isEqualTo(WeightName.parse("1:2:*:23").site(sites))
                .isEqualTo(sites.downProjections(1).get(2));
        assertThatExceptionOfType(WeightNameException.class)
                .isThrownBy(() -> WeightName.parse("1:2:32:*").site(sites))
                .withMessageContaining("has rows 0 to 31");
    }

    /** Also in a matrix that is stored the other way round, and in those of several experts in one tensor. */
    @ParameterizedTest
    @CsvSource({
        "llama, 0:3:40",
        "gpt2, 1:2:40",
        "gpt2, transformer.h.0.attn.c_attn.weight:70:3",
        "gpt_oss, model.layers.0.mlp.experts.gate_up_proj:1:40:3",
        "granitemoe, 1:3:31:2"
    })
    void whatIsFoundTellsWhereItLies(String model, String name) {
        ReferenceCheckpoint.Described described =
                ReferenceCheckpoint.named("reference/" + model).described();
        StoredWeight weight = find(model, name);
        TensorInfo tensor =
                described.checkpoint().find(weight.coordinate().tensor()).orElseThrow();

        assertThat(weight.tensor()).isEqualTo(tensor);
        assertThat(described.checkpoint().floats(tensor, weight.element(), 1, 1))
                .containsExactly(weight.value());
        assertThat(weight.place().offset())
                .isEqualTo(tensor.offset() + weight.element() * tensor.dtype().bytes());
        assertThat(weight.index()).isEqualTo(tensor.index(weight.element()));
        assertThat(StoredMatrix.of(described.checkpoint(), weight.linear()).row(weight.row())[weight.column()])
                .isEqualTo(weight.value());
    }
}
