package io.github.swscan.architecture.quantization;

import static io.github.swscan.architecture.quantization.CodedTensors.malformed;

import io.github.swscan.checkpoint.quantized.SlicedCodes;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.PrintableText;
import java.util.List;
import java.util.Optional;

/** HQQ's codes of 8 to 1 bits, in groups along either axis of the matrix that weights were reshaped to. */
record HqqLayout(CodedTensors tensors) implements CodeLayout {

    /**
     * How codes are packed.
     *
     * @param word what they are packed into
     * @param slices how many of them
     */
    private record Packing(DType word, int bits, int slices) {}

    @Override
    public Optional<TensorInfo> weight(String module) {
        return tensors.find(module + "W_q").map(stored -> {
            refuseOthers(module);
            List<Long> shape = tensors.shape(module + "shape");
            int groupSize = tensors.number(module + "group_size");
            int axis = tensors.number(module + "axis");
            long elements = shape.stream().allMatch(CodedTensors::isSide) ? shape.get(0) * shape.get(1) : 0;
            if (elements == 0
                    || !CodedTensors.isSide(groupSize)
                    || elements % groupSize != 0
                    || elements / groupSize > Integer.MAX_VALUE
                    || (axis & ~1) != 0) {
                throw malformed(
                        stored,
                        "is said to be codes of %s in groups of %d along axis %d".formatted(shape, groupSize, axis));
            }
            int groups = (int) (elements / groupSize);
            SlicedCodes.Shape codes =
                    axis == 1 ? new SlicedCodes.Shape(groups, groupSize) : new SlicedCodes.Shape(groupSize, groups);
            Packing packing = packing(module);
            return CodedTensors.weight(
                    module,
                    shape,
                    new SlicedCodes(
                            words(stored, packing, codes),
                            packing.bits(),
                            packing.slices(),
                            codes,
                            axis == 1,
                            parameter(module, "scale", 1, groups, axis),
                            parameter(module, "zero", 0, groups, axis)));
        });
    }

    /** Scales that are codes themselves are not written any more; one scale for a whole matrix is no default. */
    private void refuseOthers(String module) {
        for (String flag : List.of("quant_scale", "quant_zero")) {
            tensors.find(module + flag).filter(this::isTrue).ifPresent(told -> {
                throw CodedTensors.unsupported(told, "says that scales are codes themselves, which is not supported");
            });
        }
        tensors.find(module + "channel_wise").filter(told -> !isTrue(told)).ifPresent(told -> {
            throw CodedTensors.unsupported(told, "says that there is one scale for all, which is not supported");
        });
    }

    private boolean isTrue(TensorInfo flag) {
        return tensors.content(tensors.ofLength(flag.name(), 1)).get(0) != 0;
    }

    private Packing packing(String module) {
        String packing = tensors.text(module + "packing");
        return switch (packing) {
            case "8bit_u8" -> new Packing(DType.U8, 8, 1);
            case "4bit_u8" -> new Packing(DType.U8, 4, 2);
            case "3bit_32" -> new Packing(DType.I32, 3, 10);
            case "2bit_u8" -> new Packing(DType.U8, 2, 4);
            case "1bit_u8" -> new Packing(DType.U8, 1, 8);
            default -> throw tensors.unsupported("the packing " + PrintableText.quoted(packing));
        };
    }

    /** They may be stored as numbers of another type. */
    private static TensorInfo words(TensorInfo stored, Packing packing, SlicedCodes.Shape codes) {
        long rows = (codes.rows() + packing.slices() - 1L) / packing.slices();
        long bytes = rows * codes.columns() * packing.word().bytes();
        if (stored.bytes() != bytes) {
            throw malformed(stored, "has %d bytes for codes that take %d".formatted(stored.bytes(), bytes));
        }
        return CodedTensors.seenAs(stored, packing.word(), List.of(rows, (long) codes.columns()));
    }

    /** Stored alone, or in a stack of both, the zero points first. */
    private TensorInfo parameter(String module, String name, int index, int groups, int axis) {
        return tensors.find(module + "zero_scale")
                .map(both -> tensors.ofLength(both.name(), 2L * groups).part(index, 2))
                .orElseGet(() -> alone(tensors.ofLength(module + name, groups), axis));
    }

    /** Codes of a group lie along its axis, where there is one scale for all. */
    private static TensorInfo alone(TensorInfo scales, int axis) {
        if (scales.shape().size() == 2 && scales.shape().get(axis) != 1) {
            throw malformed(scales, "has shape " + scales.shape() + " for groups along axis " + axis);
        }
        return scales;
    }
}
