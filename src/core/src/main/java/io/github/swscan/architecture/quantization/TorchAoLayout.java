package io.github.swscan.architecture.quantization;

import static io.github.swscan.architecture.quantization.CodedTensors.columns;
import static io.github.swscan.architecture.quantization.CodedTensors.rows;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.swscan.checkpoint.quantized.CodeNumbers;
import io.github.swscan.checkpoint.quantized.CodeWords;
import io.github.swscan.checkpoint.quantized.GroupedCodes;
import io.github.swscan.checkpoint.quantized.Packing;
import io.github.swscan.checkpoint.quantized.ScaledInputs;
import io.github.swscan.checkpoint.tensor.Codes;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * torchao's integers and 8-bit floating-point numbers of a byte each: Int8Tensor, IntxUnpackedToInt8Tensor and
 * Float8Tensor. Its tensors of other kinds have other parts.
 */
record TorchAoLayout(CodedTensors tensors) implements CodeLayout {

    private static final String METHOD = "torchao";

    /** What the names of a weight's parts begin with, as of version 0.15 and before. */
    private static final List<String> PARTS = List.of("_weight_", "weight:");

    @Override
    public Optional<TensorInfo> weight(String module) {
        return PARTS.stream()
                .map(parts -> module + parts)
                .flatMap(part -> tensors.find(part + "qdata").map(data -> weight(module, part, data)).stream())
                .findFirst();
    }

    private TensorInfo weight(String module, String part, TensorInfo data) {
        CodeWords codes = codes(data);
        Optional<TensorInfo> zeros = tensors.find(part + "zero_point");
        if (zeros.stream().anyMatch(points -> points.dtype() != DType.I8) && isFourBitsSaid()) {
            throw CodedTensors.unsupported(data, "may be codes of torchao's Int4Tensor, which are not supported");
        }
        int outputs = rows(data);
        int inputs = columns(data);
        TensorInfo scales = tensors.scales(part + "scale");
        ScaleBlock block = ScaleBlock.evenly(scales, outputs, inputs);
        List<ScaleBlock> said = saidBlocks(outputs, inputs);
        if (!said.isEmpty() && !said.contains(block)) {
            throw CodedTensors.malformed(
                    scales,
                    "has shape " + scales.shape() + " for " + data.shape() + ", which is none of the granularities in "
                            + tensors.option());
        }
        GroupedCodes weight = IntegerBytes.weight(METHOD, codes, scales, zeros, block, 1);
        Codes scaled = tensors.find(part + "act_pre_scale")
                .<Codes>map(factors -> new ScaledInputs(weight, tensors.ofLength(factors.name(), inputs)))
                .orElse(weight);
        return CodedTensors.weight(module, List.of((long) outputs, (long) inputs), scaled);
    }

    /** What shares a scale, as is said of any module. */
    private List<ScaleBlock> saidBlocks(int outputs, int inputs) {
        return tensors.options().findValues("granularity").stream()
                .flatMap(said -> said.isArray() ? StreamSupport.stream(said.spliterator(), false) : Stream.of(said))
                .flatMap(said -> {
                    JsonNode data = said.path("_data");
                    JsonNode sizes = data.path("block_size");
                    return switch (said.path("_type").asText()) {
                        case "PerRow", "PerAxis" -> Stream.of(new ScaleBlock(1, inputs));
                        case "PerTensor" -> Stream.of(new ScaleBlock(outputs, inputs));
                        case "PerGroup" ->
                            Stream.of(new ScaleBlock(1, data.path("group_size").asInt()));
                        case "PerBlock" ->
                            Stream.of(new ScaleBlock(
                                    sizes.path(0).asInt(), sizes.path(1).asInt()));
                        default -> Stream.empty();
                    };
                })
                .toList();
    }

    /** Whose scales and zero points lie the other way, in tensors that are called the same. */
    private boolean isFourBitsSaid() {
        return tensors.options().findValuesAsText("_type").contains("Int4WeightOnlyConfig");
    }

    private CodeWords codes(TensorInfo data) {
        return switch (data.dtype()) {
            case I8 -> IntegerBytes.codes(data);
            case F8_E4M3 -> new CodeWords(data, Packing.BYTES, Byte.SIZE, CodeNumbers.E4M3);
            case F8_E5M2 -> new CodeWords(data, Packing.BYTES, Byte.SIZE, CodeNumbers.E5M2);
            default -> throw tensors.unsupported("a tensor of torchao that holds " + data.dtype());
        };
    }
}
