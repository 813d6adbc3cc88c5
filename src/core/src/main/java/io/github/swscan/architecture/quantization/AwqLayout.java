package io.github.swscan.architecture.quantization;

import static io.github.swscan.architecture.quantization.CodedTensors.columns;
import static io.github.swscan.architecture.quantization.CodedTensors.requireShape;
import static io.github.swscan.architecture.quantization.CodedTensors.rows;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.swscan.checkpoint.quantized.CodeWords;
import io.github.swscan.checkpoint.quantized.GroupedCodes;
import io.github.swscan.checkpoint.quantized.InputGroups;
import io.github.swscan.checkpoint.quantized.Packing;
import io.github.swscan.checkpoint.quantized.ScaleTable;
import io.github.swscan.checkpoint.quantized.ZeroPoints;
import io.github.swscan.checkpoint.quantized.ZeroPoints.Order;
import io.github.swscan.checkpoint.quantized.ZeroPoints.Stored;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** What AutoAWQ, gptqmodel and AutoRound write, in the versions for several kernels. */
record AwqLayout(CodedTensors tensors, ModuleOptions options, Version version, Set<Integer> bits)
        implements CodeLayout {

    private static final int BITS = 4;
    private static final int CODES_IN_WORD = 8;

    private static final String LLM_AWQ = "llm-awq";

    /** Four rows at once, in {@link Version#GEMV_FAST}. */
    private static final int ROWS_TOGETHER = 4;

    enum Version {
        /** For general matrix products: words of eight outputs. */
        GEMM,
        /** For products with vectors: words of eight inputs. */
        GEMV,
        /** The same for faster kernels: what is added in place of zero points. */
        GEMV_FAST
    }

    /** Of the version that is said. The backend tells what to compute with, and llm-awq's own version. */
    static AwqLayout of(CodedTensors tensors) {
        String version = Stream.of("version", "format", "checkpoint_format")
                .map(tensors.options()::path)
                .filter(JsonNode::isTextual)
                .findFirst()
                .map(said -> said.textValue().toLowerCase(Locale.ROOT))
                .orElse("gemm");
        boolean isLlmAwq = tensors.options().path("backend").asText().equalsIgnoreCase(LLM_AWQ);
        tensors.refuse("rotation", "adapter");
        return new AwqLayout(
                tensors,
                ModuleOptions.dynamic(tensors),
                switch (isLlmAwq ? LLM_AWQ : version) {
                    case "gemm" -> Version.GEMM;
                    case "gemv" -> Version.GEMV;
                    case "gemv_fast", LLM_AWQ -> Version.GEMV_FAST;
                    default -> throw tensors.unsupported("the version " + version);
                },
                Set.of(BITS));
    }

    /** Of AutoRound, which packs codes of more bits in the same order. */
    static AwqLayout ofAutoRound(CodedTensors tensors) {
        return new AwqLayout(tensors, ModuleOptions.extra(tensors), Version.GEMM, Set.of(BITS, 5, 6, 7));
    }

    @Override
    public Optional<TensorInfo> weight(String module) {
        tensors.find(module + "scales")
                .filter(scales -> tensors.find(module + "qweight").isEmpty())
                .ifPresent(scales -> {
                    throw CodedTensors.unsupported(
                            scales, "is what activations are divided by, which is not supported");
                });
        return tensors.find(module + "qweight")
                .map(words -> CodedTensors.weight(
                        module,
                        switch (version) {
                            case GEMM -> forMatrices(module, tensors.words(words));
                            case GEMV -> forVectors(module, tensors.words(words));
                            case GEMV_FAST -> fastForVectors(module, words);
                        }));
    }

    /** Words of the codes of an input. */
    private GroupedCodes forMatrices(String module, TensorInfo words) {
        TensorInfo scales = tensors.matrix(module + "scales");
        TensorInfo zeros = tensors.words(tensors.get(module + "qzeros"));
        int inputs = rows(words);
        int outputs = columns(scales);
        int groups = rows(scales);
        int ofCode = CodedTensors.bits(words, columns(words), outputs, bits);
        requireShape(zeros, groups, columns(words));
        return new GroupedCodes(
                "AWQ",
                outputs,
                inputs,
                CodeWords.integers(
                        words, ofCode == BITS ? Packing.OUTPUTS_SHUFFLED : Packing.OUTPUTS_SHUFFLED_DENSELY, ofCode),
                groups(module, scales, inputs, groups),
                new ScaleTable.Numbers(scales, false),
                new ZeroPoints.OutputsAcross(zeros, Order.SHUFFLED, Stored.AS_THEY_ARE));
    }

    private InputGroups groups(String module, TensorInfo scales, int inputs, int groups) {
        return tensors.groups(scales, inputs, groups, groupSize(module), Optional.empty());
    }

    private long groupSize(String module) {
        long size = options.get(module, "group_size").asLong();
        return size != 0 ? size : tensors.options().path("q_group_size").asLong();
    }

    /** Rows of scales and of zero points are longer than there are groups. */
    private GroupedCodes forVectors(String module, TensorInfo words) {
        requireFourBits();
        TensorInfo scales = tensors.matrix(module + "scales");
        TensorInfo zeros = tensors.words(tensors.get(module + "qzeros"));
        int outputs = rows(words);
        int inputs = columns(words) * CODES_IN_WORD;
        InputGroups groups = saidGroups(module, inputs);
        requireAtLeast(scales, outputs, groups.count());
        requireShape(zeros, outputs, columns(scales) / CODES_IN_WORD);
        return new GroupedCodes(
                "AWQ",
                outputs,
                inputs,
                CodeWords.integers(words, Packing.INPUTS_ACROSS, BITS),
                groups,
                new ScaleTable.Padded(scales, true),
                new ZeroPoints.GroupsAcross(zeros));
    }

    /** Columns of scales and of what is added are longer than there are groups. */
    private GroupedCodes fastForVectors(String module, TensorInfo words) {
        requireFourBits();
        CodedTensors.requireType(words, DType.I16, "words of 16 bits");
        TensorInfo scales = tensors.matrix(module + "scales");
        TensorInfo added = tensors.find(module + "scaled_zeros").orElseGet(() -> tensors.get(module + "qzeros"));
        int outputs = rows(words) * ROWS_TOGETHER;
        int inputs = columns(words);
        InputGroups groups = saidGroups(module, inputs);
        if (inputs % Packing.INPUTS_INTERLEAVED != 0) {
            throw CodedTensors.malformed(words, "has rows of " + inputs + ", which are not whole blocks");
        }
        requireShape(scales, rows(scales), outputs);
        requireAtLeast(scales, groups.count(), outputs);
        requireShape(added, rows(scales), outputs);
        return new GroupedCodes(
                "AWQ",
                outputs,
                inputs,
                CodeWords.integers(words, Packing.ROWS_INTERLEAVED, BITS),
                groups,
                new ScaleTable.Padded(scales, false),
                new ZeroPoints.PaddedBiases(added));
    }

    private void requireFourBits() {
        tensors.bits(bits);
    }

    /** There may be more scales than groups: how large these are is only said. */
    private InputGroups saidGroups(String module, int inputs) {
        long size = groupSize(module);
        if (size == -1) {
            return new InputGroups(1, inputs);
        }
        if (size < 1 || inputs % size != 0) {
            throw tensors.unsupported("a group_size of " + size + " for " + inputs + " inputs of "
                    + module.substring(0, module.length() - 1));
        }
        return new InputGroups((int) (inputs / size), (int) size);
    }

    private static void requireAtLeast(TensorInfo scales, int rows, int columns) {
        if (rows(scales) < rows || columns(scales) < columns) {
            throw CodedTensors.malformed(
                    scales,
                    "has shape " + scales.shape() + " where at least [" + rows + ", " + columns + "] is needed");
        }
    }
}
