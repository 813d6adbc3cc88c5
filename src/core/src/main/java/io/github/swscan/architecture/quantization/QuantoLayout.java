package io.github.swscan.architecture.quantization;

import static io.github.swscan.architecture.quantization.CodedTensors.columns;
import static io.github.swscan.architecture.quantization.CodedTensors.malformed;
import static io.github.swscan.architecture.quantization.CodedTensors.rows;

import io.github.swscan.checkpoint.quantized.CodeNumbers;
import io.github.swscan.checkpoint.quantized.CodeWords;
import io.github.swscan.checkpoint.quantized.Packing;
import io.github.swscan.checkpoint.quantized.PartedCodes;
import io.github.swscan.checkpoint.quantized.RowNumbers;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What optimum-quanto writes. Codes of 4 and 2 bits are those of a matrix whose rows are groups of inputs of one output: how
 * many groups an output has is told by the model alone, which has the weight's shape. Numbers of 8 bits have a scale for each
 * output.
 */
record QuantoLayout(CodedTensors tensors) implements CodeLayout {

    private static final String METHOD = "Quanto";
    private static final String WEIGHT = "weight.";

    /** Parts of a weight have names of their own behind its own. */
    @Override
    public Stream<String> modules() {
        return tensors.modules()
                .filter(prefix -> prefix.endsWith("." + WEIGHT))
                .map(prefix -> prefix.substring(0, prefix.length() - WEIGHT.length()));
    }

    @Override
    public Optional<TensorInfo> weight(String module) {
        String weight = module + WEIGHT;
        return tensors.find(weight + "_data._data")
                .map(bytes -> packed(module, bytes))
                .or(() -> tensors.find(weight + "_data")
                        .map(numbers -> bytes(module, numbers, tensors.scales(weight + "_scale"))));
    }

    private TensorInfo packed(String module, TensorInfo bytes) {
        CodedTensors.requireType(bytes, DType.U8, "bytes of codes");
        TensorInfo scales = tensors.scales(module + WEIGHT + "_scale");
        TensorInfo shifts = tensors.ofLength(module + WEIGHT + "_shift", scales.elements());
        int bits = bits(bytes, scales);
        long groups = scales.elements();
        return CodedTensors.weight(
                module,
                List.of(groups, (long) columns(bytes)),
                new PartedCodes(
                        METHOD, bytes, bits, (int) groups, columns(bytes), new RowNumbers.Shifted(scales, shifts)));
    }

    /** Bytes have a field for each of as many rows as there are scales. */
    private static int bits(TensorInfo bytes, TensorInfo scales) {
        return Stream.of(4, 2)
                .filter(bits -> (scales.elements() * bits + Byte.SIZE - 1) / Byte.SIZE == rows(bytes))
                .findFirst()
                .orElseThrow(() -> malformed(
                        bytes,
                        "has shape %s, which codes of 4 or 2 bits with %d scales have not"
                                .formatted(bytes.shape(), scales.elements())));
    }

    /** Numbers of 8 bits have a scale for each output, or one for all. */
    private TensorInfo bytes(String module, TensorInfo numbers, TensorInfo scales) {
        CodeWords codes =
                switch (numbers.dtype()) {
                    case I8 -> IntegerBytes.codes(numbers);
                    case F8_E4M3 -> new CodeWords(numbers, Packing.BYTES, Byte.SIZE, CodeNumbers.E4M3);
                    case F8_E5M2 -> new CodeWords(numbers, Packing.BYTES, Byte.SIZE, CodeNumbers.E5M2);
                    default -> throw tensors.unsupported("the type " + numbers.dtype() + " of " + numbers.name());
                };
        ScaleBlock block = ScaleBlock.byOutput(scales, rows(numbers), columns(numbers));
        return CodedTensors.weight(module, IntegerBytes.weight(METHOD, codes, scales, Optional.empty(), block, 1));
    }
}
