package io.github.swscan.architecture.quantization;

import static io.github.swscan.architecture.quantization.CodedTensors.columns;
import static io.github.swscan.architecture.quantization.CodedTensors.rows;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.swscan.checkpoint.quantized.PartedCodes;
import io.github.swscan.checkpoint.quantized.RowNumbers;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.List;
import java.util.Optional;

/**
 * BitNet as transformers reads it: three values and a scale for the matrix. Its BitLinear divides by the scale, its
 * AutoBitLinear multiplies with it, and takes values that are not packed as well.
 */
record BitNetLayout(CodedTensors tensors) implements CodeLayout {

    private static final int BITS = 2;

    @Override
    public Optional<TensorInfo> weight(String module) {
        return tensors.find(module + "weight_scale").map(scale -> weight(module, scale));
    }

    private TensorInfo weight(String module, TensorInfo scale) {
        TensorInfo weight = tensors.get(module + "weight");
        boolean divided = isDivided(tensors.options());
        if (scale.elements() != 1) {
            throw CodedTensors.malformed(scale, "has shape " + scale.shape() + " for one number");
        }
        if (OnlineBitNet.isSaid(tensors.options())) {
            throw CodedTensors.unsupported(scale, "is for weights that are rounded when they are multiplied");
        }
        if (weight.dtype() == DType.U8) {
            int rows = rows(weight) * Byte.SIZE / BITS;
            int columns = columns(weight);
            return CodedTensors.weight(
                    module,
                    List.of((long) rows, (long) columns),
                    new PartedCodes("BitNet", weight, BITS, rows, columns, new RowNumbers.Ternary(scale, divided)));
        }
        if (divided || !weight.dtype().isComputable() || weight.dtype().isInBlocks()) {
            throw CodedTensors.unsupported(weight, "is " + weight.dtype() + " where bytes of codes are needed");
        }
        return weight.scaledBy(new TensorInfo.Scales(scale.name(), rows(weight), columns(weight)));
    }

    /** Whether it is transformers' BitLinear. */
    static boolean isDivided(JsonNode options) {
        return options.path("linear_class").asText("bitlinear").equals("bitlinear");
    }
}
