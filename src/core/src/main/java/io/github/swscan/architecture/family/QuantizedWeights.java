package io.github.swscan.architecture.family;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.quantized.BlockCodes;
import io.github.swscan.checkpoint.quantized.CodeNumbers;
import io.github.swscan.checkpoint.quantized.GroupedCodes;
import io.github.swscan.checkpoint.quantized.HalvedCodes;
import io.github.swscan.checkpoint.quantized.Packing;
import io.github.swscan.checkpoint.quantized.ScaleTable;
import io.github.swscan.checkpoint.quantized.ZeroPoints;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.InputException;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.UnsupportedInputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Finds the weights that a checkpoint holds as codes, by what config.json says of them and by the tensors that are there:
 * what is stored decides where the two differ.
 */
public final class QuantizedWeights {

    private static final String REMEDY = "scan the checkpoint it was quantized from";
    private static final String AGAIN = "download the file again";
    /** Longer than any side of a matrix. */
    private static final int LARGEST = 1 << 20;

    /** More than any matrix has. They are held in memory. */
    private static final int MOST_SCALES = 1 << 26;

    private static final Set<String> GPTQ_FORMATS = Set.of("", "gptq", "gptq_v2");

    private final Config config;
    private final String option;
    private final JsonNode options;
    private final Checkpoint stored;

    private QuantizedWeights(Config config, String option, Checkpoint stored) {
        this.config = config;
        this.option = option;
        this.options = QuantizationReader.at(config, option);
        this.stored = stored;
    }

    /**
     * The same checkpoint with the weights that its codes stand for.
     *
     * @throws InputException if codes, scales or what config.json says of them do not fit, or are of a kind that is not
     *     supported
     */
    public static Checkpoint decoded(Config config, Checkpoint stored) {
        return QuantizationReader.said(config).stream()
                .findFirst()
                .map(option -> new QuantizedWeights(config, option, stored).decoded())
                .orElse(stored);
    }

    private Checkpoint decoded() {
        Function<String, Optional<TensorInfo>> reader =
                switch (QuantizationReader.method(options)) {
                    case "gptq" -> module -> gptq(module, version1());
                    case "auto-round" -> this::autoRound;
                    case "awq" -> this::awq;
                    case "compressed-tensors" -> this::compressed;
                    case "modelopt" -> this::modelOpt;
                    case "bitsandbytes" -> this::bitsandbytes;
                    case "torchao" -> this::torchAo;
                    case "hqq" -> this::hqq;
                    case "mlx" -> this::mlx;
                    default -> module -> Optional.empty();
                };
        List<TensorInfo> weights = new ArrayList<>();
        stored.tensors().keySet().stream()
                .map(name -> name.substring(0, name.lastIndexOf('.') + 1))
                .distinct()
                .forEach(module -> reader.apply(module).ifPresent(weights::add));
        return weights.isEmpty() ? stored : stored.with(weights);
    }

    /** Whether zero points are stored less one. */
    private boolean version1() {
        List<String> formats = List.of(
                options.path("checkpoint_format").asText(),
                options.path("format").asText());
        formats.stream()
                .filter(format -> !GPTQ_FORMATS.contains(format))
                .findFirst()
                .ifPresent(format -> {
                    throw unsupported("the format " + format);
                });
        return !formats.contains("gptq_v2");
    }

    /** What gptqmodel and AutoGPTQ write: codes down the inputs, zero points along the outputs. */
    private Optional<TensorInfo> gptq(String module, boolean lessOne) {
        return stored.find(module + "qweight").map(words -> {
            TensorInfo scales = matrix(module + "scales");
            Optional<TensorInfo> groupOfInput = stored.find(module + "g_idx").map(this::words);
            int outputs = columns(words(words));
            int groups = rows(scales);
            long said = options.path("group_size").asLong(-1);
            long inputs = groupOfInput
                    .map(TensorInfo::elements)
                    .orElseGet(() -> said > 0 ? said * groups : 32L * rows(words) / bits(Set.of(2, 3, 4, 8)));
            int bits = bitsOf(words, 32L * rows(words), inputs, Set.of(2, 3, 4, 8));
            requireShape(scales, groups, outputs);
            TensorInfo zeros = words(matrix(module + "qzeros"));
            requireShape(zeros, groups, (long) outputs * bits / 32);
            return weight(
                    module,
                    new GroupedCodes(
                            "GPTQ",
                            bits,
                            outputs,
                            (int) inputs,
                            words,
                            Packing.INPUTS_DOWN,
                            CodeNumbers.INTEGERS,
                            groups,
                            new ScaleTable.Numbers(scales, false, 1),
                            gptqZeros(zeros, bits, lessOne),
                            false,
                            groupSize(scales, inputs, groups, groupOfInput),
                            groupOfInput));
        });
    }

    /** Symmetric ones are said to be; else version 1 stores a code less one, in words as a whole. */
    private ZeroPoints gptqZeros(TensorInfo zeros, int bits, boolean lessOne) {
        if (options.path("sym").asBoolean(true)) {
            return new ZeroPoints.Constant(1 << (bits - 1));
        }
        if (lessOne && bits == 3) {
            throw unsupported("a zero point of 3 bits that is stored less one");
        }
        int ones = 0;
        for (int field = 0; field < Integer.SIZE && lessOne; field += bits) {
            ones |= 1 << field;
        }
        return new ZeroPoints.OutputsAcross(zeros, false, ones);
    }

    /** It packs as others do, and says whom it follows. */
    private Optional<TensorInfo> autoRound(String module) {
        return switch (options.path("packing_format").asText("auto_round:auto_gptq")) {
            case "auto_round:auto_gptq" -> gptq(module, true);
            case "auto_round", "auto_round:gptqmodel", "auto_round:auto_gptq_v2" -> gptq(module, false);
            case "auto_round:auto_awq" -> awq(module);
            default -> throw unsupported("the packing format " + options.path("packing_format"));
        };
    }

    /** AutoAWQ's version for general matrix products. */
    private Optional<TensorInfo> awq(String module) {
        return stored.find(module + "qweight").map(words -> {
            String version = options.path("version").asText("gemm");
            String backend = options.path("backend").asText("autoawq");
            if (!version.equalsIgnoreCase("gemm") || !backend.equals("autoawq") || bits(Set.of(4)) != 4) {
                throw unsupported("the version " + version + " of " + backend);
            }
            TensorInfo scales = matrix(module + "scales");
            int inputs = rows(words(words));
            int groups = rows(scales);
            int outputs = columns(scales);
            requireShape(words, inputs, outputs / 8);
            TensorInfo zeros = words(matrix(module + "qzeros"));
            requireShape(zeros, groups, outputs / 8);
            return weight(
                    module,
                    new GroupedCodes(
                            "AWQ",
                            4,
                            outputs,
                            inputs,
                            words,
                            Packing.OUTPUTS_SHUFFLED,
                            CodeNumbers.INTEGERS,
                            groups,
                            new ScaleTable.Numbers(scales, false, 1),
                            new ZeroPoints.OutputsAcross(zeros, true, 0),
                            false,
                            groupSize(scales, inputs, groups, Optional.empty()),
                            Optional.empty()));
        });
    }

    /** Packed integers, integers of a byte each, and 4-bit floating-point numbers. */
    private Optional<TensorInfo> compressed(String module) {
        Optional<TensorInfo> packed = stored.find(module + "weight_packed");
        Optional<TensorInfo> bytes = stored.find(module + "weight").filter(tensor -> tensor.dtype() == DType.I8);
        if (packed.isPresent() && packed.get().dtype() == DType.U8) {
            return Optional.of(floats(
                    "compressed-tensors", module, packed.get(), stored.find(module + "weight_global_scale"), true));
        }
        return packed.map(words -> packed(module, words))
                .or(() -> bytes.map(codes -> integers(
                        "compressed-tensors",
                        module,
                        codes,
                        scales(module + "weight_scale"),
                        stored.find(module + "weight_zero_point"),
                        1)));
    }

    private TensorInfo packed(String module, TensorInfo words) {
        TensorInfo scales = matrix(module + "weight_scale");
        int outputs = rows(words(words));
        int groups = columns(scales);
        requireShape(scales, outputs, groups);
        long[] shape = shape(module + "weight_shape");
        long inputs = shape[1];
        if (shape[0] != outputs) {
            throw new MalformedInputException(
                    words.file(), words.name(), "has " + outputs + " rows where weight_shape says " + shape[0], AGAIN);
        }
        int bits = bitsOf(words, 32L * columns(words), inputs, Set.of(2, 4, 8));
        Optional<TensorInfo> groupOfInput = stored.find(module + "weight_g_idx").map(this::words);
        return weight(
                module,
                new GroupedCodes(
                        "compressed-tensors",
                        bits,
                        outputs,
                        (int) inputs,
                        words,
                        Packing.INPUTS_ACROSS,
                        CodeNumbers.INTEGERS,
                        groups,
                        new ScaleTable.Numbers(scales, true, 1),
                        stored.find(module + "weight_zero_point")
                                .<ZeroPoints>map(zeros -> {
                                    requireShape(words(zeros), (long) outputs * bits / 32, groups);
                                    return new ZeroPoints.OutputsDown(zeros);
                                })
                                .orElseGet(() -> new ZeroPoints.Constant(1 << (bits - 1))),
                        false,
                        groupSize(scales, inputs, groups, groupOfInput),
                        groupOfInput));
    }

    /** A signed byte for each weight. */
    private TensorInfo integers(
            String method,
            String module,
            TensorInfo bytes,
            TensorInfo scales,
            Optional<TensorInfo> zeros,
            float factor) {
        int outputs = rows(bytes);
        int inputs = columns(bytes);
        boolean single = scales.elements() == 1;
        if (!single && (scales.elements() % outputs != 0 || scales.elements() == 0)) {
            throw new MalformedInputException(
                    scales.file(),
                    scales.name(),
                    "has shape " + scales.shape() + " for " + outputs + " outputs",
                    AGAIN);
        }
        int groups = single ? 1 : (int) (scales.elements() / outputs);
        zeros.filter(points -> points.dtype() != DType.I8 || points.elements() != scales.elements())
                .ifPresent(points -> {
                    throw new MalformedInputException(
                            points.file(),
                            points.name(),
                            "is " + points.dtype() + " " + points.shape() + " for scales " + scales.shape(),
                            AGAIN);
                });
        return weight(
                module,
                new GroupedCodes(
                        method,
                        8,
                        outputs,
                        inputs,
                        bytes,
                        Packing.BYTES,
                        CodeNumbers.INTEGERS,
                        groups,
                        single ? new ScaleTable.Single(scales, factor) : new ScaleTable.Numbers(scales, true, factor),
                        zeros.<ZeroPoints>map(ZeroPoints.Bytes::new).orElseGet(() -> new ZeroPoints.Constant(0)),
                        false,
                        groupSize(scales, inputs, groups, Optional.empty()),
                        Optional.empty()));
    }

    /** NVFP4, with one more scale for all of them, and MXFP4, whose scales are exponents: two codes a byte. */
    private TensorInfo floats(
            String method, String module, TensorInfo bytes, Optional<TensorInfo> global, boolean divided) {
        TensorInfo scales = matrix(module + "weight_scale");
        int outputs = rows(bytes);
        int inputs = 2 * columns(bytes);
        int groups = columns(scales);
        requireShape(scales, outputs, groups);
        global.filter(one -> one.elements() != 1).ifPresent(one -> {
            throw new MalformedInputException(
                    one.file(), one.name(), "has shape " + one.shape() + " for one number", AGAIN);
        });
        boolean exponents = scales.dtype() == DType.U8 && global.isEmpty();
        if (!exponents && (scales.dtype() != DType.F8_E4M3 || global.isEmpty())) {
            throw unsupported("a scale of type " + scales.dtype() + " for 4-bit floating point");
        }
        return weight(
                module,
                new GroupedCodes(
                        method,
                        4,
                        outputs,
                        inputs,
                        asWords(bytes),
                        Packing.INPUTS_ACROSS,
                        CodeNumbers.E2M1,
                        groups,
                        exponents
                                ? new ScaleTable.Exponents(scales)
                                : new ScaleTable.TwoLevels(scales, global.get(), divided),
                        new ZeroPoints.Constant(0),
                        false,
                        groupSize(scales, inputs, groups, Optional.empty()),
                        Optional.empty()));
    }

    /** Bytes seen as the words that they are four by four. */
    private static TensorInfo asWords(TensorInfo bytes) {
        if (!bytes.isContiguous() || columns(bytes) % Integer.BYTES != 0) {
            throw new UnsupportedInputException(
                    bytes.file(), bytes.name(), "has rows that are not whole words, which is not supported", REMEDY);
        }
        List<Long> shape = List.of((long) rows(bytes), (long) columns(bytes) / Integer.BYTES);
        return new TensorInfo(bytes.name(), DType.I32, shape, bytes.file(), bytes.offset(), bytes.bytes());
    }

    private Optional<TensorInfo> modelOpt(String module) {
        return stored.find(module + "weight_scale_2")
                .map(global -> floats(
                        "ModelOpt",
                        module,
                        stored.find(module + "weight").orElseThrow(() -> missing(module + "weight")),
                        Optional.of(global),
                        false));
    }

    /** Its integers of a byte; tensors of other kinds have other parts. */
    private Optional<TensorInfo> torchAo(String module) {
        return stored.find(module + "_weight_qdata")
                .filter(bytes -> bytes.dtype() == DType.I8)
                .map(bytes -> integers(
                        "torchao",
                        module,
                        bytes,
                        matrix(module + "_weight_scale"),
                        stored.find(module + "_weight_zero_point"),
                        1));
    }

    /** Four bits by rows of the matrix; other kinds are packed in other ways. */
    private Optional<TensorInfo> hqq(String module) {
        return stored.find(module + "W_q").map(bytes -> {
            int bits = number(module + "nbits");
            int axis = number(module + "axis");
            if (bits != 4 || axis != 1 || bytes.dtype() != DType.U8) {
                throw unsupported("codes of " + bits + " bits along axis " + axis);
            }
            long[] shape = shape(module + "shape");
            int groups = Math.multiplyExact(2, rows(bytes));
            int groupSize = columns(bytes);
            if (shape[0] < 1
                    || shape[1] < 1
                    || shape[0] > LARGEST
                    || shape[1] > LARGEST
                    || shape[0] * shape[1] != (long) groups * groupSize) {
                throw new MalformedInputException(
                        bytes.file(),
                        bytes.name(),
                        "has codes for " + (long) groups * groupSize + " weights, where " + shape[0] + " by " + shape[1]
                                + " are said to be",
                        AGAIN);
            }
            return TensorInfo.decoded(
                    module + "weight",
                    List.of(shape[0], shape[1]),
                    new HalvedCodes(
                            bytes,
                            ofLength(module + "scale", groups),
                            ofLength(module + "zero", groups),
                            groups,
                            groupSize));
        });
    }

    /** Affine codes, and MXFP4. */
    private Optional<TensorInfo> mlx(String module) {
        Optional<TensorInfo> scales = stored.find(module + "scales");
        Optional<TensorInfo> words = stored.find(module + "weight").filter(tensor -> tensor.dtype() == DType.U32);
        if (scales.isEmpty() || words.isEmpty()) {
            return Optional.empty();
        }
        String name = module.substring(0, module.length() - 1);
        JsonNode own = options.path(name).isObject() ? options.path(name) : options;
        String mode = own.path("mode").asText(options.path("mode").asText("affine"));
        int size = own.path("group_size").asInt(options.path("group_size").asInt(0));
        if (!List.of("affine", "mxfp4").contains(mode) || size < 1) {
            throw unsupported("the mode " + mode + " with groups of " + size);
        }
        boolean affine = mode.equals("affine");
        int outputs = rows(words.get());
        int groups = columns(scales.get());
        long inputs = (long) groups * size;
        int bits =
                bitsOf(words.get(), 32L * columns(words.get()), inputs, affine ? Set.of(2, 3, 4, 5, 6, 8) : Set.of(4));
        requireShape(scales.get(), outputs, groups);
        return Optional.of(weight(
                module,
                new GroupedCodes(
                        "MLX",
                        bits,
                        outputs,
                        (int) inputs,
                        words.get(),
                        Packing.INPUTS_ACROSS,
                        affine ? CodeNumbers.INTEGERS : CodeNumbers.E2M1,
                        groups,
                        affine
                                ? new ScaleTable.Numbers(scales.get(), true, 1)
                                : new ScaleTable.Exponents(bytes(scales.get())),
                        affine ? new ZeroPoints.Numbers(biases(module, outputs, groups)) : new ZeroPoints.Constant(0),
                        affine,
                        size,
                        Optional.empty())));
    }

    private TensorInfo biases(String module, int outputs, int groups) {
        TensorInfo biases = matrix(module + "biases");
        requireShape(biases, outputs, groups);
        return biases;
    }

    private static TensorInfo bytes(TensorInfo tensor) {
        if (tensor.dtype() != DType.U8) {
            throw new MalformedInputException(
                    tensor.file(), tensor.name(), "is " + tensor.dtype() + " where exponents are needed", AGAIN);
        }
        return tensor;
    }

    /** NF4 and FP4, and integers of a byte. */
    private Optional<TensorInfo> bitsandbytes(String module) {
        Optional<TensorInfo> integers = stored.find(module + "SCB")
                .map(scales -> integers(
                        "bitsandbytes", module, rowByRow(module), scales(scales.name()), Optional.empty(), 1 / 127f));
        return integers.or(() -> fourBits(module));
    }

    /** Other formats are those of kernels. */
    private TensorInfo rowByRow(String module) {
        stored.find(module + "weight_format")
                .filter(format -> content(format).get(0) != 0)
                .ifPresent(format -> {
                    throw unsupported("the weight format of " + module);
                });
        TensorInfo codes = stored.find(module + "weight").orElseThrow(() -> missing(module + "weight"));
        if (codes.dtype() != DType.I8) {
            throw new MalformedInputException(
                    codes.file(), codes.name(), "is " + codes.dtype() + " where integers of a byte are needed", AGAIN);
        }
        return codes;
    }

    /** Bytes of codes may be stored as numbers of a longer type. */
    private static TensorInfo asBytes(TensorInfo codes) {
        return codes.isContiguous()
                ? new TensorInfo(
                        codes.name(), DType.U8, List.of(codes.bytes(), 1L), codes.file(), codes.offset(), codes.bytes())
                : codes;
    }

    private Optional<TensorInfo> fourBits(String module) {
        return stored.find(module + "weight.absmax").map(scales -> {
            TensorInfo codes = asBytes(stored.find(module + "weight").orElseThrow(() -> missing(module + "weight")));
            TensorInfo state = List.of("nf4", "fp4").stream()
                    .flatMap(kind -> stored.find(module + "weight.quant_state.bitsandbytes__" + kind).stream())
                    .findFirst()
                    .orElseThrow(() -> missing(module + "weight.quant_state.bitsandbytes__nf4"));
            JsonNode told = json(state);
            List<Long> shape = new ArrayList<>();
            told.path("shape").forEach(length -> shape.add(length.asLong()));
            int blockSize = told.path("blocksize").asInt();
            long elements = shape.size() == 2
                            && shape.get(0) > 0
                            && shape.get(1) > 0
                            && shape.get(0) < LARGEST
                            && shape.get(1) < LARGEST
                    ? shape.get(0) * shape.get(1)
                    : 0;
            long blocks = blockSize < 1 ? 0 : (elements + blockSize - 1) / blockSize;
            if (codes.dtype() != DType.U8
                    || elements == 0
                    || codes.elements() != (elements + 1) / 2
                    || scales.elements() != blocks) {
                throw new MalformedInputException(
                        state.file(),
                        state.name(),
                        "says " + shape + " in blocks of " + blockSize + ", which " + codes.elements() + " bytes and "
                                + scales.elements() + " scales are not",
                        AGAIN);
            }
            TensorInfo table = ofLength(module + "weight.quant_map", 16);
            Optional<BlockCodes.Nested> nested =
                    scales.dtype() == DType.U8 ? Optional.of(nested(module, told, blocks)) : Optional.empty();
            return TensorInfo.decoded(
                    module + "weight", shape, new BlockCodes(codes, table, blockSize, scales, nested));
        });
    }

    private BlockCodes.Nested nested(String module, JsonNode told, long blocks) {
        int blockSize = told.path("nested_blocksize").asInt();
        if (blockSize < 1 || !told.path("nested_offset").isNumber()) {
            throw new MalformedInputException(
                    config.file(), module + "weight.quant_state", "does not tell how its scales are nested", AGAIN);
        }
        return new BlockCodes.Nested(
                ofLength(module + "weight.nested_quant_map", 256),
                ofLength(module + "weight.nested_absmax", (blocks + blockSize - 1) / blockSize),
                blockSize,
                (float) told.path("nested_offset").doubleValue());
    }

    private TensorInfo weight(String module, GroupedCodes codes) {
        return TensorInfo.decoded(module + "weight", List.of((long) codes.outputs(), (long) codes.inputs()), codes);
    }

    private TensorInfo ofLength(String name, long length) {
        TensorInfo tensor = stored.find(name).orElseThrow(() -> missing(name));
        if (tensor.elements() != length) {
            throw new MalformedInputException(
                    tensor.file(),
                    name,
                    "has " + tensor.elements() + " numbers where " + length + " are needed",
                    AGAIN);
        }
        return tensor;
    }

    private TensorInfo scales(String name) {
        TensorInfo tensor = stored.find(name).orElseThrow(() -> missing(name));
        if (tensor.elements() > MOST_SCALES) {
            throw new UnsupportedInputException(
                    tensor.file(),
                    name,
                    "has " + tensor.elements() + " scales, above the limit of " + MOST_SCALES,
                    REMEDY);
        }
        return tensor;
    }

    private TensorInfo matrix(String name) {
        TensorInfo tensor = scales(name);
        if (tensor.shape().size() != 2 || tensor.elements() == 0) {
            throw new MalformedInputException(
                    tensor.file(), name, "has shape " + tensor.shape() + " where a matrix is needed", AGAIN);
        }
        return tensor;
    }

    private TensorInfo words(TensorInfo tensor) {
        if (tensor.dtype() != DType.I32 || tensor.elements() == 0) {
            throw new MalformedInputException(
                    tensor.file(),
                    tensor.name(),
                    "is " + tensor.dtype() + " " + tensor.shape() + " where words are needed",
                    AGAIN);
        }
        return tensor;
    }

    private static void requireShape(TensorInfo tensor, long rows, long columns) {
        if (!tensor.shape().equals(List.of(rows, columns))) {
            throw new MalformedInputException(
                    tensor.file(),
                    tensor.name(),
                    "has shape " + tensor.shape() + " where [" + rows + ", " + columns + "] is needed",
                    AGAIN);
        }
    }

    private static int rows(TensorInfo matrix) {
        return lengthOf(matrix, 0);
    }

    private static int columns(TensorInfo matrix) {
        return lengthOf(matrix, 1);
    }

    private static int lengthOf(TensorInfo matrix, int dimension) {
        if (matrix.shape().size() != 2
                || matrix.shape().get(dimension) < 1
                || matrix.shape().get(dimension) > LARGEST) {
            throw new MalformedInputException(
                    matrix.file(), matrix.name(), "has shape " + matrix.shape() + " where a matrix is needed", AGAIN);
        }
        return matrix.shape().get(dimension).intValue();
    }

    private int bits(Set<Integer> supported) {
        int bits = options.path("bits").asInt(options.path("w_bit").asInt(0));
        if (!supported.contains(bits)) {
            throw unsupported("codes of " + bits + " bits");
        }
        return bits;
    }

    /** As many as there is room for: what is said may be another's, where modules differ. */
    private int bitsOf(TensorInfo words, long room, long inputs, Set<Integer> supported) {
        if (inputs < 1 || inputs > LARGEST || room % inputs != 0 || !supported.contains((int) (room / inputs))) {
            throw new MalformedInputException(
                    words.file(),
                    words.name(),
                    "has room for " + room + " bits an output, which codes of " + inputs + " inputs do not fill",
                    AGAIN);
        }
        return (int) (room / inputs);
    }

    private static int groupSize(TensorInfo scales, long inputs, int groups, Optional<TensorInfo> groupOfInput) {
        if (groupOfInput.isEmpty() && inputs % groups != 0) {
            throw new MalformedInputException(
                    scales.file(),
                    scales.name(),
                    "has " + groups + " groups, which " + inputs + " inputs cannot be divided into",
                    AGAIN);
        }
        groupOfInput.filter(told -> told.elements() != inputs).ifPresent(told -> {
            throw new MalformedInputException(
                    told.file(), told.name(), "has " + told.elements() + " entries for " + inputs + " inputs", AGAIN);
        });
        return (int) Math.max(1, inputs / groups);
    }

    private int number(String name) {
        TensorInfo tensor = ofLength(name, 1);
        if (tensor.dtype() != DType.I32) {
            throw new MalformedInputException(tensor.file(), name, "is not a whole number", AGAIN);
        }
        return content(tensor).getInt(0);
    }

    private long[] shape(String name) {
        TensorInfo tensor = stored.find(name).orElseThrow(() -> missing(name));
        if ((tensor.dtype() != DType.I64 && tensor.dtype() != DType.I32) || tensor.elements() != 2) {
            throw new MalformedInputException(tensor.file(), name, "is not two whole numbers", AGAIN);
        }
        ByteBuffer bytes = content(tensor);
        return tensor.dtype() == DType.I64
                ? new long[] {bytes.getLong(0), bytes.getLong(8)}
                : new long[] {bytes.getInt(0), bytes.getInt(4)};
    }

    private JsonNode json(TensorInfo tensor) {
        try {
            return JsonMapper.builder().build().readTree(content(tensor).array());
        } catch (IOException e) {
            throw new MalformedInputException(tensor.file(), tensor.name(), "is not JSON", AGAIN, e);
        }
    }

    private ByteBuffer content(TensorInfo tensor) {
        ByteBuffer bytes =
                ByteBuffer.allocate((int) Math.min(1 << 20, tensor.bytes())).order(ByteOrder.LITTLE_ENDIAN);
        stored.read(tensor, 0, bytes);
        return bytes.flip();
    }

    private MalformedInputException missing(String tensor) {
        return new MalformedInputException(
                config.file(),
                option,
                "asks for the tensor " + tensor + ", which is missing",
                "download the model again");
    }

    private UnsupportedInputException unsupported(String what) {
        return new UnsupportedInputException(config.file(), option, what + " is not supported", REMEDY);
    }
}
