package io.github.swscan.architecture.quantization;

import static io.github.swscan.architecture.quantization.CodedTensors.columns;
import static io.github.swscan.architecture.quantization.CodedTensors.malformed;
import static io.github.swscan.architecture.quantization.CodedTensors.rows;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.swscan.checkpoint.quantized.BlockCodes;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** bitsandbytes' NF4 and FP4, and its integers of a byte. */
record BitsAndBytesLayout(CodedTensors tensors) implements CodeLayout {

    /** Of integers: by row, and as some kernels took them until version 0.45. */
    private static final List<String> FORMATS = List.of("row", "col32", "col_turing", "col_ampere");

    @Override
    public Optional<TensorInfo> weight(String module) {
        return tensors.find(module + "SCB")
                .map(scales -> integers(module))
                .or(() -> tensors.find(module + "weight.absmax").map(scales -> fourBits(module, scales)));
    }

    /** Row by row: other formats are those of kernels. */
    private TensorInfo integers(String module) {
        tensors.find(module + "weight_format").ifPresent(format -> {
            int code = tensors.content(tensors.ofLength(format.name(), 1)).get(0);
            if (code != 0) {
                throw CodedTensors.unsupported(
                        format,
                        "says that weights are in the format "
                                + (code > 0 && code < FORMATS.size() ? FORMATS.get(code) : code)
                                + ", which is not supported");
            }
        });
        TensorInfo bytes = tensors.get(module + "weight");
        TensorInfo scales = tensors.ofLength(module + "SCB", rows(bytes));
        return CodedTensors.weight(
                module,
                IntegerBytes.weight(
                        "bitsandbytes",
                        IntegerBytes.codes(bytes),
                        scales,
                        Optional.empty(),
                        new ScaleBlock(1, columns(bytes)),
                        127));
    }

    private TensorInfo fourBits(String module, TensorInfo scales) {
        String weight = module + "weight";
        TensorInfo stored = tensors.get(weight);
        // They may be stored as numbers of a longer type.
        TensorInfo codes = CodedTensors.seenAs(stored, DType.U8, List.of(stored.bytes(), 1L));
        TensorInfo state = Stream.of("nf4", "fp4")
                .flatMap(kind -> tensors.find(weight + ".quant_state.bitsandbytes__" + kind).stream())
                .findFirst()
                .orElseGet(() -> tensors.get(weight + ".quant_state.bitsandbytes__nf4"));
        JsonNode told = tensors.json(state);
        List<Long> shape = StreamSupport.stream(told.path("shape").spliterator(), false)
                .map(JsonNode::asLong)
                .toList();
        int blockSize = told.path("blocksize").asInt();
        boolean matrix = shape.size() == 2 && shape.stream().allMatch(CodedTensors::isSide);
        long elements = matrix ? shape.get(0) * shape.get(1) : 0;
        if (elements == 0
                || blockSize < 1
                || codes.elements() != (elements + 1) / 2
                || scales.elements() != blocks(elements, blockSize)) {
            throw malformed(
                    state,
                    "says %s in blocks of %d, which %d bytes and %d scales are not"
                            .formatted(shape, blockSize, codes.elements(), scales.elements()));
        }
        Optional<BlockCodes.Nested> nested = scales.dtype() == DType.U8
                ? Optional.of(nested(weight, state, told, scales.elements()))
                : Optional.empty();
        return CodedTensors.weight(
                module,
                shape,
                new BlockCodes(
                        codes, elements, tensors.ofLength(weight + ".quant_map", 16), blockSize, scales, nested));
    }

    private BlockCodes.Nested nested(String weight, TensorInfo state, JsonNode told, long scales) {
        int blockSize = told.path("nested_blocksize").asInt();
        if (blockSize < 1 || !told.path("nested_offset").isNumber()) {
            throw malformed(state, "does not tell how its scales are nested");
        }
        return new BlockCodes.Nested(
                tensors.ofLength(weight + ".nested_quant_map", 256),
                tensors.ofLength(weight + ".nested_absmax", blocks(scales, blockSize)),
                blockSize,
                (float) told.path("nested_offset").doubleValue());
    }

    private static long blocks(long elements, int size) {
        return (elements + size - 1) / size;
    }
}
