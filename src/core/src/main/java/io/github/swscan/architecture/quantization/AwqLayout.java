package io.github.swscan.architecture.quantization;

import static io.github.swscan.architecture.quantization.CodedTensors.columns;
import static io.github.swscan.architecture.quantization.CodedTensors.requireShape;
import static io.github.swscan.architecture.quantization.CodedTensors.rows;

import io.github.swscan.checkpoint.quantized.CodeWords;
import io.github.swscan.checkpoint.quantized.GroupedCodes;
import io.github.swscan.checkpoint.quantized.Packing;
import io.github.swscan.checkpoint.quantized.ScaleTable;
import io.github.swscan.checkpoint.quantized.ZeroPoints;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.Optional;
import java.util.Set;

/** AutoAWQ's version for general matrix products: four bits, words of eight outputs. */
record AwqLayout(CodedTensors tensors) implements CodeLayout {

    private static final int OUTPUTS_IN_WORD = 8;

    @Override
    public Optional<TensorInfo> weight(String module) {
        return tensors.find(module + "qweight").map(words -> {
            requireVersion();
            TensorInfo scales = tensors.matrix(module + "scales");
            TensorInfo zeros = tensors.words(tensors.get(module + "qzeros"));
            int inputs = rows(tensors.words(words));
            int outputs = OUTPUTS_IN_WORD * columns(words);
            int groups = rows(scales);
            requireShape(scales, groups, outputs);
            requireShape(zeros, groups, columns(words));
            return CodedTensors.weight(
                    module,
                    new GroupedCodes(
                            "AWQ",
                            outputs,
                            inputs,
                            CodeWords.integers(words, Packing.OUTPUTS_SHUFFLED, 4),
                            CodedTensors.groups(scales, inputs, groups),
                            new ScaleTable.Numbers(scales, false),
                            new ZeroPoints.OutputsAcross(zeros, true, 0)));
        });
    }

    private void requireVersion() {
        String version = tensors.options().path("version").asText("gemm");
        String backend = tensors.options().path("backend").asText("autoawq");
        if (!version.equalsIgnoreCase("gemm") || !backend.equals("autoawq") || tensors.bits(Set.of(4)) != 4) {
            throw tensors.unsupported("the version " + version + " of " + backend);
        }
    }
}
