package io.github.swscan.architecture.quantization;

import static io.github.swscan.architecture.quantization.CodedTensors.columns;
import static io.github.swscan.architecture.quantization.CodedTensors.requireShape;
import static io.github.swscan.architecture.quantization.CodedTensors.rows;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.swscan.checkpoint.quantized.CodeNumbers;
import io.github.swscan.checkpoint.quantized.CodeWords;
import io.github.swscan.checkpoint.quantized.GroupedCodes;
import io.github.swscan.checkpoint.quantized.InputGroups;
import io.github.swscan.checkpoint.quantized.Packing;
import io.github.swscan.checkpoint.quantized.ScaleTable;
import io.github.swscan.checkpoint.quantized.ZeroPoints;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.Optional;
import java.util.Set;

/** MLX's affine codes, and its MXFP4: dense along the inputs. */
record MlxLayout(CodedTensors tensors) implements CodeLayout {

    private static final Set<Integer> AFFINE_BITS = Set.of(2, 3, 4, 5, 6, 8);

    @Override
    public Optional<TensorInfo> weight(String module) {
        return tensors.find(module + "weight")
                .filter(words -> words.dtype() == DType.U32)
                .filter(words -> tensors.find(module + "scales").isPresent())
                .map(words -> weight(module, words));
    }

    private TensorInfo weight(String module, TensorInfo words) {
        String mode = option(module, "mode").map(JsonNode::asText).orElse("affine");
        int size = option(module, "group_size").map(JsonNode::asInt).orElse(0);
        boolean affine = mode.equals("affine");
        if ((!affine && !mode.equals("mxfp4")) || !CodedTensors.isSide(size)) {
            throw tensors.unsupported("the mode " + mode + " with groups of " + size);
        }
        TensorInfo scales = tensors.matrix(module + "scales");
        int outputs = rows(words);
        int groups = columns(scales);
        long inputs = (long) groups * size;
        int bits = CodedTensors.bits(words, columns(words), inputs, affine ? AFFINE_BITS : Set.of(4));
        requireShape(scales, outputs, groups);
        return CodedTensors.weight(
                module,
                new GroupedCodes(
                        "MLX",
                        outputs,
                        (int) inputs,
                        new CodeWords(
                                words, Packing.INPUTS_ACROSS, bits, affine ? CodeNumbers.INTEGERS : CodeNumbers.E2M1),
                        new InputGroups(groups, size),
                        affine ? new ScaleTable.Numbers(scales, true, 1) : exponents(scales),
                        affine ? biases(module, outputs, groups) : new ZeroPoints.Constant(0)));
    }

    /** A module's own, or what holds for all. */
    private Optional<JsonNode> option(String module, String name) {
        JsonNode own =
                tensors.options().path(module.substring(0, module.length() - 1)).path(name);
        return Optional.of(own.isMissingNode() ? tensors.options().path(name) : own)
                .filter(found -> !found.isMissingNode());
    }

    private static ScaleTable exponents(TensorInfo scales) {
        CodedTensors.requireType(scales, DType.U8, "exponents");
        return new ScaleTable.Exponents(scales);
    }

    private ZeroPoints biases(String module, int outputs, int groups) {
        TensorInfo biases = tensors.matrix(module + "biases");
        requireShape(biases, outputs, groups);
        return new ZeroPoints.Biases(biases);
    }
}
