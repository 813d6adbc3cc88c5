package io.github.swscan.architecture.quantization;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.quantized.GroupedCodes;
import io.github.swscan.checkpoint.quantized.InputGroups;
import io.github.swscan.checkpoint.quantized.ScaleTable;
import io.github.swscan.checkpoint.tensor.Codes;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.UnsupportedInputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The tensors that codes are stored in, looked up by name and checked before anything is made of them.
 *
 * @param config the file that says how weights are quantized, for messages
 * @param option of that file that does, for messages
 * @param options what it says
 */
public record CodedTensors(Path config, String option, JsonNode options, Checkpoint stored) {

    private static final String REMEDY = "scan the checkpoint it was quantized from";
    private static final String AGAIN = "download the file again";

    /** Longer than any side of a matrix. */
    private static final int LARGEST = 1 << 20;

    /** More than any matrix has. They are held in memory. */
    private static final int MOST_SCALES = 1 << 26;

    /** In bytes: longer than what is said of a weight in a tensor. */
    private static final int LONGEST_DESCRIPTION = 1 << 20;

    /** What the names of tensors begin with, up to the last dot. */
    Stream<String> modules() {
        return stored.tensors().keySet().stream()
                .map(name -> name.substring(0, name.lastIndexOf('.') + 1))
                .distinct();
    }

    Optional<TensorInfo> find(String name) {
        return stored.find(name);
    }

    TensorInfo get(String name) {
        return stored.find(name)
                .orElseThrow(() -> new MalformedInputException(
                        config,
                        option,
                        "asks for the tensor " + name + ", which is missing",
                        "download the model again"));
    }

    TensorInfo ofLength(String name, long length) {
        TensorInfo tensor = get(name);
        if (tensor.elements() != length) {
            throw malformed(tensor, "has " + tensor.elements() + " numbers where " + length + " are needed");
        }
        return tensor;
    }

    TensorInfo scales(String name) {
        return limited(get(name));
    }

    /** The same scales, if there are no more than can be held. */
    static TensorInfo limited(TensorInfo scales) {
        if (scales.elements() > MOST_SCALES) {
            throw unsupported(scales, "has " + scales.elements() + " scales, above the limit of " + MOST_SCALES);
        }
        return scales;
    }

    /** Scales of groups: no larger than can be held. */
    TensorInfo matrix(String name) {
        TensorInfo tensor = scales(name);
        if (tensor.shape().size() != 2 || tensor.elements() == 0) {
            throw malformed(tensor, "has shape " + tensor.shape() + " where a matrix is needed");
        }
        return tensor;
    }

    /** The same tensor, if it is of words. */
    TensorInfo words(TensorInfo tensor) {
        if (tensor.dtype() != DType.I32 || tensor.elements() == 0) {
            throw malformed(tensor, "is " + tensor.dtype() + " " + tensor.shape() + " where words are needed");
        }
        return tensor;
    }

    static void requireType(TensorInfo tensor, DType dtype, String meaning) {
        if (tensor.dtype() != dtype) {
            throw malformed(tensor, "is " + tensor.dtype() + " where " + meaning + " are needed");
        }
    }

    static void requireShape(TensorInfo tensor, long rows, long columns) {
        if (!tensor.shape().equals(List.of(rows, columns))) {
            throw malformed(tensor, "has shape " + tensor.shape() + " where [" + rows + ", " + columns + "] is needed");
        }
    }

    static int rows(TensorInfo matrix) {
        return side(matrix, 0);
    }

    static int columns(TensorInfo matrix) {
        return side(matrix, 1);
    }

    private static int side(TensorInfo matrix, int dimension) {
        if (matrix.shape().size() != 2 || !isSide(matrix.shape().get(dimension))) {
            throw malformed(matrix, "has shape " + matrix.shape() + " where a matrix is needed");
        }
        return matrix.shape().get(dimension).intValue();
    }

    /** Whether a matrix may have so many rows or columns. */
    static boolean isSide(long length) {
        return length >= 1 && length <= LARGEST;
    }

    /** The bits of a code, as they are said to be. */
    int bits(Set<Integer> supported) {
        int bits = options.path("bits").asInt(options.path("w_bit").asInt(0));
        if (!supported.contains(bits)) {
            throw unsupported("codes of " + bits + " bits");
        }
        return bits;
    }

    /** As many as there is room for in a number of words: what is said may be another's, where modules differ. */
    static int bits(TensorInfo words, long wordsOfInputs, long inputs, Set<Integer> supported) {
        long room = wordsOfInputs * Integer.SIZE;
        if (!isSide(inputs) || room % inputs != 0 || !supported.contains((int) (room / inputs))) {
            throw malformed(
                    words,
                    "has room for " + room + " bits an output, which codes of " + inputs + " inputs do not fill");
        }
        return (int) (room / inputs);
    }

    /** Groups of consecutive inputs, of which there are so many scales. */
    static InputGroups groups(TensorInfo scales, long inputs, int count) {
        if (inputs % count != 0) {
            throw malformed(scales, "has " + count + " groups, which " + inputs + " inputs cannot be divided into");
        }
        return new InputGroups(count, (int) (inputs / count));
    }

    /** The same, unless a tensor says of each input which one it is in. */
    InputGroups groups(TensorInfo scales, long inputs, int count, Optional<TensorInfo> ofInput) {
        return groups(scales, inputs, count, 0, ofInput);
    }

    /**
     * The same, where the last group may have fewer inputs than the others.
     *
     * @param size of the groups, as it is said; passed over where it does not make as many
     */
    InputGroups groups(TensorInfo scales, long inputs, int count, long size, Optional<TensorInfo> ofInput) {
        return ofInput.map(told -> groupsTold(told, inputs, count))
                .orElseGet(() -> size > 0 && (inputs + size - 1) / size == count
                        ? new InputGroups(count, (int) Math.min(size, inputs))
                        : groups(scales, inputs, count));
    }

    /** Groups of which a tensor says for each input which one it is in. */
    InputGroups groupsTold(TensorInfo ofInput, long inputs, int count) {
        if (ofInput.dtype() != DType.I64) {
            requireType(ofInput, DType.I32, "whole numbers");
        }
        if (ofInput.elements() != inputs) {
            throw malformed(ofInput, "has " + ofInput.elements() + " entries for " + inputs + " inputs");
        }
        return new InputGroups(count, 1, Optional.of(ofInput));
    }

    /** Scales that are exponents of two. */
    static ScaleTable exponents(TensorInfo scales) {
        if (scales.dtype() != DType.F8_E8M0) {
            requireType(scales, DType.U8, "exponents");
        }
        return new ScaleTable.Exponents(scales);
    }

    /** The same bytes as numbers of another type and shape, of the same length. */
    static TensorInfo seenAs(TensorInfo tensor, DType dtype, List<Long> shape) {
        if (!tensor.isContiguous()) {
            throw unsupported(tensor, "does not lie in one piece, which is not supported");
        }
        return new TensorInfo(tensor.name(), dtype, shape, tensor.file(), tensor.offset(), tensor.bytes());
    }

    int number(String name) {
        TensorInfo tensor = ofLength(name, 1);
        requireType(tensor, DType.I32, "whole numbers");
        return content(tensor).getInt(0);
    }

    /** Rows and columns, as a tensor of two numbers says. */
    List<Long> shape(String name) {
        TensorInfo tensor = ofLength(name, 2);
        if (tensor.dtype() != DType.I64) {
            requireType(tensor, DType.I32, "whole numbers");
        }
        ByteBuffer bytes = content(tensor);
        return tensor.dtype() == DType.I64
                ? List.of(bytes.getLong(0), bytes.getLong(8))
                : List.of((long) bytes.getInt(0), (long) bytes.getInt(4));
    }

    /** A tensor of the characters of a text. */
    String text(String name) {
        TensorInfo tensor = get(name);
        requireType(tensor, DType.U8, "characters");
        return new String(content(tensor).array(), StandardCharsets.ISO_8859_1);
    }

    JsonNode json(TensorInfo tensor) {
        try {
            return JsonMapper.builder().build().readTree(content(tensor).array());
        } catch (IOException e) {
            throw new MalformedInputException(tensor.file(), tensor.name(), "is not JSON", AGAIN, e);
        }
    }

    /** What a small tensor holds, or the beginning of it. */
    ByteBuffer content(TensorInfo tensor) {
        ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(LONGEST_DESCRIPTION, tensor.bytes()))
                .order(ByteOrder.LITTLE_ENDIAN);
        stored.read(tensor, 0, bytes);
        return bytes.flip();
    }

    static TensorInfo weight(String module, GroupedCodes codes) {
        return weight(module, List.of((long) codes.outputs(), (long) codes.inputs()), codes);
    }

    static TensorInfo weight(String module, List<Long> shape, Codes codes) {
        return TensorInfo.decoded(module + "weight", shape, codes);
    }

    static MalformedInputException malformed(TensorInfo tensor, String problem) {
        return new MalformedInputException(tensor.file(), tensor.name(), problem, AGAIN);
    }

    static UnsupportedInputException unsupported(TensorInfo tensor, String problem) {
        return new UnsupportedInputException(tensor.file(), tensor.name(), problem, REMEDY);
    }

    /** Refuses options that would change what is computed, whatever they say. */
    void refuse(String... changing) {
        for (String name : changing) {
            JsonNode said = options.path(name);
            if (said.asBoolean() || (said.isTextual() && !said.textValue().isEmpty()) || said.size() > 0) {
                throw unsupported("the option " + name);
            }
        }
    }

    /** Of what config.json asks for. */
    UnsupportedInputException unsupported(String what) {
        return new UnsupportedInputException(config, option, what + " is not supported", REMEDY);
    }
}
