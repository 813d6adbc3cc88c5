package io.github.swscan.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.fixture.SafetensorsWriter;
import io.github.swscan.fixture.SafetensorsWriter.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantizedLayoutTest {

    private static final String MAP = "model.layers.0.mlp.down_proj";

    @TempDir
    private Path folder;

    /** @param names what follows on the name of the linear map, and the type of the tensor */
    private Checkpoint checkpoint(String... names) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (String name : names) {
            int colon = name.indexOf(':');
            DType type = DType.valueOf(name.substring(colon + 1));
            tensors.put(MAP + name.substring(0, colon), new Tensor(type, List.of(2L), new byte[2 * type.bytes()]));
        }
        return Checkpoint.open(
                CheckpointLocation.find(SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors)));
    }

    @ParameterizedTest
    @CsvSource({
        "GPTQ, .qweight:I32 .qzeros:I32 .scales:F16 .g_idx:I32",
        "AWQ or GPTQ, .qweight:I32 .qzeros:I32 .scales:F16",
        "FP-Quant, .qweight:U8 .scales:U8 .forward_hadamard_matrix:BF16 .weight_global_scale:F32",
        "bitsandbytes (4 bit), .weight:U8 .weight.absmax:U8 .weight.quant_map:F32 .weight.nested_absmax:F32",
        "bitsandbytes (8 bit), .weight:I8 .SCB:F32 .weight_format:U8",
        "compressed-tensors (NVFP4), .weight_packed:U8 .weight_scale:F8_E4M3 .weight_global_scale:F32",
        "compressed-tensors (packed), .weight_packed:I32 .weight_scale:BF16 .weight_shape:I64",
        "compressed-tensors (sparse), .compressed:F16 .bitmask:U8 .shape:I64 .row_offsets:I64",
        "ModelOpt (NVFP4), .weight:U8 .weight_scale:F8_E4M3 .weight_scale_2:F32 .input_scale:F32",
        "AQLM, .codes:I8 .codebooks:F16 .scales:F16",
        "VPTQ, .indices:I16 .centroids.weight:F16 .res_centroids.weight:F16",
        "SpQR, .dense_weights:I64 .row_offsets:I32 .col_vals:I32 .in_perm:I16",
        "HQQ, .W_q:U8 .scale:F16 .zero:F16",
        "quanto, .weight._data:I8 .weight._scale:F16",
        "EETQ, .weight:I8 .weight_scales:F16",
        "Marlin, .B:I32 .s:F16",
        "ExLlamaV2, .q_weight:I32 .q_scale:I32 .q_scale_max:F16 .q_groups:I16",
        "ExLlamaV3, .trellis:I16 .suh:F16 .svh:F16",
        "HIGGS, .weight:I16 .scales:F16 .tables:F16 .tables2:F16",
        "MLX, .weight:U32 .scales:BF16 .biases:BF16",
        "BitNet or 8-bit integers, .weight:U8 .weight_scale:BF16",
        "BitNet or 8-bit integers, .weight:I8 .weight_scale:BF16",
    })
    void layoutIsKnownByItsTensors(String layout, String tensors) {
        assertThat(QuantizedLayout.of(MAP + ".weight", checkpoint(tensors.split(" ", -1))))
                .contains(layout);
    }

    @ParameterizedTest
    @ValueSource(strings = {"_blocks:U8 _scales:U8", "_blocks:U8 _scales:U8 _bias:BF16"})
    void blocksOfFourBits(String tensors) {
        assertThat(QuantizedLayout.of(MAP, checkpoint(tensors.split(" ", -1)))).contains("MXFP4");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ".weight:BF16",
                ".weight:BF16 .weight_scale:BF16 .scales:BF16 .biases:F32",
                ".weight:F8_E4M3 .qweight:I32",
                ".weight:F32 .qweight:I32 .g_idx:I32",
                ".weight:I8",
                ".weight:I64 .bias:F32",
                ".bias:F32"
            })
    void plainNumbersAndWhatIsUnknownAreNoLayout(String tensors) {
        assertThat(QuantizedLayout.of(MAP + ".weight", checkpoint(tensors.split(" ", -1))))
                .isEqualTo(Optional.empty());
    }
}
