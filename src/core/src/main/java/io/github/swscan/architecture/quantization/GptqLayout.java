package io.github.swscan.architecture.quantization;

import static io.github.swscan.architecture.quantization.CodedTensors.columns;
import static io.github.swscan.architecture.quantization.CodedTensors.requireShape;
import static io.github.swscan.architecture.quantization.CodedTensors.rows;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.swscan.checkpoint.quantized.CodeWords;
import io.github.swscan.checkpoint.quantized.GroupedCodes;
import io.github.swscan.checkpoint.quantized.Packing;
import io.github.swscan.checkpoint.quantized.ScaleTable;
import io.github.swscan.checkpoint.quantized.ZeroPoints;
import io.github.swscan.checkpoint.quantized.ZeroPoints.Order;
import io.github.swscan.checkpoint.quantized.ZeroPoints.Stored;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What gptqmodel, AutoGPTQ and AutoRound write: codes down the inputs, zero points along the outputs.
 *
 * @param lessOne whether zero points are stored less one, as in version 1
 * @param planes for which numbers of bits codes are cut into planes
 */
record GptqLayout(CodedTensors tensors, ModuleOptions options, boolean lessOne, Planes planes) implements CodeLayout {

    private static final int FEWEST_BITS = 2;
    private static final int MOST_BITS = 8;

    /** gptqmodel's numbers of bits that its older layouts do not have. */
    private static final int FEWEST_OF_PLANES = 5;

    private static final int MOST_OF_PLANES = 7;

    /** Which codes do not lie one after the other, bit by bit, but in planes of so many bits as words have whole fields of. */
    enum Planes {
        NONE,
        /** Where the number of bits does not divide that of a word. */
        ODD
    }

    /**
     * Of the format that is said, under its older or its newer name.
     *
     * @param tensors of gptqmodel or AutoGPTQ
     */
    static GptqLayout of(CodedTensors tensors) {
        ModuleOptions options = ModuleOptions.dynamic(tensors);
        String format = text(tensors, "checkpoint_format", text(tensors, "format", "gptq"));
        if (!format.equals(text(tensors, "format", format))) {
            throw tensors.unsupported("a checkpoint_format of " + format + " with another format beside it");
        }
        String words = text(tensors, "pack_dtype", "int32");
        if (!words.equals("int32")) {
            throw tensors.unsupported("a pack_dtype of " + words);
        }
        tensors.refuse("rotation", "adapter");
        tensors.refuse("is_marlin_format");
        boolean planes = options.anywhere("bits", FEWEST_OF_PLANES, MOST_OF_PLANES);
        return switch (planes && format.equals("gptq") ? "gptq_p" : format) {
            case "gptq" -> new GptqLayout(tensors, options, true, Planes.NONE);
            case "gptq_v2" -> new GptqLayout(tensors, options, false, planes ? Planes.ODD : Planes.NONE);
            case "gptq_p" -> new GptqLayout(tensors, options, false, Planes.ODD);
            default -> throw tensors.unsupported("the format " + format);
        };
    }

    /** Of AutoRound, which packs codes of any number of bits one after the other. */
    static GptqLayout ofAutoRound(CodedTensors tensors, boolean lessOne) {
        return new GptqLayout(tensors, ModuleOptions.extra(tensors), lessOne, Planes.NONE);
    }

    private static String text(CodedTensors tensors, String option, String otherwise) {
        JsonNode said = tensors.options().path(option);
        return said.isTextual() ? said.textValue().toLowerCase(Locale.ROOT) : otherwise;
    }

    @Override
    public Optional<TensorInfo> weight(String module) {
        return tensors.find(module + "qweight").map(words -> weight(module, tensors.words(words)));
    }

    private TensorInfo weight(String module, TensorInfo words) {
        TensorInfo scales = tensors.matrix(module + "scales");
        int outputs = columns(words);
        int groups = rows(scales);
        Optional<TensorInfo> groupOfInput = groupOfInput(module, groups);
        int said = saidBits(module);
        long inputs = groupOfInput.map(TensorInfo::elements).orElseGet(() -> said > 0 ? rows(words) * 32L / said : 0L);
        int bits = bits(words, inputs, said);
        boolean inPlanes = planes == Planes.ODD && Integer.SIZE % bits != 0;
        requireShape(scales, groups, outputs);
        return CodedTensors.weight(
                module,
                new GroupedCodes(
                        "GPTQ",
                        outputs,
                        (int) inputs,
                        CodeWords.integers(words, inPlanes ? Packing.PLANES_DOWN : Packing.INPUTS_DOWN, bits),
                        tensors.groups(
                                scales,
                                inputs,
                                groups,
                                options.get(module, "group_size").asLong(),
                                groupOfInput),
                        new ScaleTable.Numbers(scales, false),
                        zeros(module, groups, outputs, bits, inPlanes)));
    }

    /** Groups are consecutive inputs unless a tensor tells them; of inputs in the order of activations it must. */
    private Optional<TensorInfo> groupOfInput(String module, int groups) {
        return groups > 1 && options.get(module, "desc_act").asBoolean()
                ? Optional.of(tensors.get(module + "g_idx"))
                : tensors.find(module + "g_idx");
    }

    /** What is said of modules that are not quantized is passed over: this one is. */
    private int saidBits(String module) {
        int own = options.get(module, "bits").asInt();
        return own <= MOST_BITS ? own : options.general().path("bits").asInt();
    }

    /** Those that are said, if words have room for so many; else, where modules differ, those that there is room for. */
    private static int bits(TensorInfo words, long inputs, int said) {
        return IntStream.concat(IntStream.of(said), IntStream.rangeClosed(FEWEST_BITS, MOST_BITS))
                .filter(bits -> bits >= FEWEST_BITS && bits <= MOST_BITS)
                .filter(bits -> CodedTensors.isSide(inputs) && rows(words) == words(inputs, bits))
                .findFirst()
                .orElseThrow(() -> CodedTensors.malformed(
                        words,
                        "has " + rows(words) + " rows of words, which codes of " + inputs + " inputs do not fill"));
    }

    private static long words(long codes, int bits) {
        return (codes * bits + Integer.SIZE - 1) / Integer.SIZE;
    }

    /** Symmetric ones are said to be, and are then the same everywhere, whatever is stored. */
    private ZeroPoints zeros(String module, int groups, int outputs, int bits, boolean inPlanes) {
        TensorInfo zeros = tensors.words(tensors.get(module + "qzeros"));
        requireShape(zeros, groups, words(outputs, bits));
        JsonNode symmetric = options.get(module, "sym");
        if (symmetric.asBoolean()) {
            return new ZeroPoints.Constant(1 << (bits - 1));
        }
        Stored meaning = lessOne ? Stored.LESS_ONE : Stored.AS_THEY_ARE;
        return new ZeroPoints.OutputsAcross(
                zeros,
                inPlanes ? Order.PLANES : Order.AS_THEY_COME,
                lessOne && !symmetric.isBoolean() ? Stored.LESS_ONE_UNLESS_SYMMETRIC : meaning);
    }
}
