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
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What gptqmodel and AutoGPTQ write: codes down the inputs, zero points along the outputs.
 *
 * @param lessOne whether zero points are stored less one, as in version 1
 */
record GptqLayout(CodedTensors tensors, boolean lessOne) implements CodeLayout {

    private static final Set<Integer> BITS = Set.of(2, 3, 4, 8);
    private static final String VERSION_2 = "gptq_v2";
    private static final Set<String> FORMATS = Set.of("", "gptq", VERSION_2);

    /** Of the version that is said, under its older or its newer name. */
    static GptqLayout of(CodedTensors tensors) {
        List<String> formats = List.of(
                tensors.options().path("checkpoint_format").asText(),
                tensors.options().path("format").asText());
        formats.stream().filter(format -> !FORMATS.contains(format)).findFirst().ifPresent(format -> {
            throw tensors.unsupported("the format " + format);
        });
        return new GptqLayout(tensors, !formats.contains(VERSION_2));
    }

    @Override
    public Optional<TensorInfo> weight(String module) {
        return tensors.find(module + "qweight").map(words -> {
            TensorInfo scales = tensors.matrix(module + "scales");
            Optional<TensorInfo> groupOfInput = tensors.find(module + "g_idx");
            int wordsOfInputs = rows(tensors.words(words));
            int outputs = columns(words);
            int groups = rows(scales);
            long inputs = groupOfInput.map(TensorInfo::elements).orElseGet(() -> inputs(wordsOfInputs, groups));
            int bits = CodedTensors.bits(words, wordsOfInputs, inputs, BITS);
            requireShape(scales, groups, outputs);
            return CodedTensors.weight(
                    module,
                    new GroupedCodes(
                            "GPTQ",
                            outputs,
                            (int) inputs,
                            CodeWords.integers(words, Packing.INPUTS_DOWN, bits),
                            tensors.groups(scales, inputs, groups, groupOfInput),
                            new ScaleTable.Numbers(scales, false),
                            zeros(tensors.words(tensors.get(module + "qzeros")), groups, outputs, bits)));
        });
    }

    private long inputs(int wordsOfInputs, int groups) {
        long size = tensors.options().path("group_size").asLong(-1);
        return size > 0 ? size * groups : (long) Integer.SIZE * wordsOfInputs / tensors.bits(BITS);
    }

    /** Symmetric ones are said to be; else version 1 stores a code less one, in words as a whole. */
    private ZeroPoints zeros(TensorInfo zeros, int groups, int outputs, int bits) {
        if ((long) outputs * bits % Integer.SIZE != 0) {
            throw CodedTensors.unsupported(
                    zeros, "is for " + outputs + " outputs, which do not fill whole words: that is not supported");
        }
        requireShape(zeros, groups, (long) outputs * bits / Integer.SIZE);
        if (tensors.options().path("sym").asBoolean(true)) {
            return new ZeroPoints.Constant(1 << (bits - 1));
        }
        if (lessOne && Integer.SIZE % bits != 0) {
            throw tensors.unsupported("a zero point of " + bits + " bits that is stored less one");
        }
        int ones = 0;
        for (int field = 0; field < Integer.SIZE && lessOne; field += bits) {
            ones |= 1 << field;
        }
        return new ZeroPoints.OutputsAcross(zeros, false, ones);
    }
}
