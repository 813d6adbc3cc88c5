package io.github.swscan.architecture.quantization;

import static io.github.swscan.architecture.quantization.CodedTensors.malformed;

import io.github.swscan.checkpoint.quantized.CodeNumbers;
import io.github.swscan.checkpoint.quantized.CodeWords;
import io.github.swscan.checkpoint.quantized.GroupedCodes;
import io.github.swscan.checkpoint.quantized.InputGroups;
import io.github.swscan.checkpoint.quantized.Packing;
import io.github.swscan.checkpoint.quantized.StackedCodes;
import io.github.swscan.checkpoint.quantized.ZeroPoints;
import io.github.swscan.checkpoint.tensor.Codes;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * MXFP4 as gpt-oss has it: for all experts together, blocks of 32 codes of consecutive inputs [experts, outputs, blocks, 16]
 * and an exponent for each [experts, outputs, blocks]. What is decoded has a row for each output, where the plain tensor has
 * one for each input.
 */
record Mxfp4Layout(CodedTensors tensors) implements CodeLayout {

    private static final String BLOCKS = "_blocks";
    private static final String SCALES = "_scales";
    private static final int BLOCK_BYTES = 16;
    private static final int BLOCK = 2 * BLOCK_BYTES;

    /** There is no module for each: the names are those of parameters. */
    @Override
    public Stream<String> modules() {
        return tensors.stored().tensors().keySet().stream()
                .filter(name -> name.endsWith(BLOCKS))
                .map(name -> name.substring(0, name.length() - BLOCKS.length()));
    }

    @Override
    public Optional<TensorInfo> weight(String name) {
        TensorInfo blocks = tensors.get(name + BLOCKS);
        TensorInfo scales = tensors.get(name + SCALES);
        CodedTensors.requireType(blocks, DType.U8, "bytes of two codes");
        List<Long> shape = blocks.shape();
        if (shape.size() != 4
                || shape.get(3) != BLOCK_BYTES
                || !shape.stream().allMatch(CodedTensors::isSide)
                || !CodedTensors.isSide(shape.get(2) * BLOCK)) {
            throw malformed(blocks, "has shape " + shape + " where [experts, outputs, blocks, 16] is needed");
        }
        if (!scales.shape().equals(shape.subList(0, 3))) {
            throw malformed(scales, "has shape " + scales.shape() + " for blocks of shape " + shape);
        }
        int experts = shape.get(0).intValue();
        int outputs = shape.get(1).intValue();
        int groups = shape.get(2).intValue();
        List<Codes> matrices = IntStream.range(0, experts)
                .<Codes>mapToObj(expert -> new GroupedCodes(
                        "MXFP4",
                        outputs,
                        groups * BLOCK,
                        new CodeWords(words(blocks.part(expert, experts)), Packing.INPUTS_ACROSS, 4, CodeNumbers.E2M1),
                        new InputGroups(groups, BLOCK),
                        CodedTensors.exponents(CodedTensors.limited(scales.part(expert, experts))),
                        new ZeroPoints.Constant(0)))
                .toList();
        long inputs = (long) groups * BLOCK;
        return Optional.of(TensorInfo.decoded(
                name, List.of((long) experts, (long) outputs, inputs), new StackedCodes(matrices, outputs * inputs)));
    }

    /** The blocks of one expert, seen as the words that their bytes are four by four. */
    private static TensorInfo words(TensorInfo blocks) {
        long words = blocks.shape().get(1) * BLOCK_BYTES / Integer.BYTES;
        return CodedTensors.seenAs(blocks, DType.I32, List.of(blocks.shape().get(0), words));
    }
}
