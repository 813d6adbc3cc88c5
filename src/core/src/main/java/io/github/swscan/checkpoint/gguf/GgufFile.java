package io.github.swscan.checkpoint.gguf;

import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.checkpoint.tensor.TensorLimits;
import io.github.swscan.input.ByteSource;
import io.github.swscan.input.InputException;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.PrintableText;
import io.github.swscan.input.UnsupportedInputException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A file in the <a href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">GGUF format</a>, version 2 or 3,
 * little-endian: metadata, and tensors with the metadata's alignment. Only the part before the tensors' data is read.
 *
 * @param tensors in the order of their data; shapes outermost dimension first, as everywhere, where the file has them the
 *     other way round
 */
public record GgufFile(GgufMetadata metadata, List<TensorInfo> tensors) {

    /** What the names of such files end with. */
    public static final String SUFFIX = ".gguf";

    static final int MAX_METADATA_KEYS = 10_000;
    static final int MAX_RANK = 4;

    private static final int MAGIC = 0x46554747;
    private static final int DEFAULT_ALIGNMENT = 32;
    private static final int MAX_ALIGNMENT = 1 << 20;
    private static final String ALIGNMENT = "general.alignment";

    /** The formats by their numbers in ggml. Those without a type here are refused by name. */
    private static final List<String> FORMATS = List.of(
            "F32",
            "F16",
            "Q4_0",
            "Q4_1",
            "Q4_2",
            "Q4_3",
            "Q5_0",
            "Q5_1",
            "Q8_0",
            "Q8_1",
            "Q2_K",
            "Q3_K",
            "Q4_K",
            "Q5_K",
            "Q6_K",
            "Q8_K",
            "IQ2_XXS",
            "IQ2_XS",
            "IQ3_XXS",
            "IQ1_S",
            "IQ4_NL",
            "IQ3_S",
            "IQ2_S",
            "IQ4_XS",
            "I8",
            "I16",
            "I32",
            "I64",
            "F64",
            "IQ1_M",
            "BF16",
            "Q4_0_4_4",
            "Q4_0_4_8",
            "Q4_0_8_8",
            "TQ1_0",
            "TQ2_0",
            "IQ4_NL_4_4",
            "IQ4_NL_4_8",
            "IQ4_NL_8_8",
            "MXFP4",
            "NVFP4",
            "Q1_0",
            "Q2_0");

    /** Whether bytes may be the start of a file of this format. */
    public static boolean beginsLikeOne(byte[] start) {
        return start.length >= Integer.BYTES
                && ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN).getInt() == MAGIC;
    }

    /**
     * Reads what a file holds, and none of the tensors' data.
     *
     * @throws InputException if it cannot be read, breaks a rule of the format, or has a tensor of an unsupported format
     */
    public static GgufFile read(ByteSource file) {
        try (InputStream input = new BufferedInputStream(file.stream(), 1 << 16)) {
            return new Reader(file.name(), file.size(), new GgufInput(file.name(), input, file.size())).read();
        } catch (IOException failure) {
            throw file.unreadable(failure);
        }
    }

    private record Reader(Path file, long fileBytes, GgufInput input) {

        /** A tensor as the header states it; the offset counts from the start of the data. */
        private record Stated(String name, DType dtype, List<Long> shape, long offset) {}

        GgufFile read() throws IOException {
            checkVersion();
            long tensorCount = input.count("tensors", TensorLimits.MAX_TENSORS);
            long keyCount = input.count("metadata keys", MAX_METADATA_KEYS);
            Map<String, Object> values = new LinkedHashMap<>();
            for (long i = 0; i < keyCount; i++) {
                String key = input.text("metadata");
                if (values.putIfAbsent(key, input.value(key)) != null) {
                    throw malformed(key, "is there twice");
                }
            }
            GgufMetadata metadata = new GgufMetadata(file, values);
            List<Stated> stated = new ArrayList<>();
            Set<String> names = new HashSet<>();
            for (long i = 0; i < tensorCount; i++) {
                Stated tensor = tensor();
                if (!names.add(tensor.name())) {
                    throw malformed(tensor.name(), "is there twice");
                }
                stated.add(tensor);
            }
            return new GgufFile(metadata, placed(stated, alignment(metadata)));
        }

        private void checkVersion() throws IOException {
            if (input.int32("header") != MAGIC) {
                throw malformed("", "does not begin with GGUF: this is not a GGUF file");
            }
            int version = input.int32("header");
            if (version == Integer.reverseBytes(2) || version == Integer.reverseBytes(3)) {
                throw new UnsupportedInputException(
                        file, "header", "is big-endian, which is not supported", "convert the model again");
            }
            if (version != 2 && version != 3) {
                throw new UnsupportedInputException(
                        file,
                        "header",
                        "GGUF version " + Integer.toUnsignedString(version) + " is not supported",
                        "versions 2 and 3 are; convert the model again");
            }
        }

        private long alignment(GgufMetadata metadata) {
            long alignment = metadata.integer(ALIGNMENT).orElse((long) DEFAULT_ALIGNMENT);
            if (alignment < 1 || alignment > MAX_ALIGNMENT || Long.bitCount(alignment) != 1) {
                throw malformed(ALIGNMENT, "is " + alignment + ", not a power of two up to " + MAX_ALIGNMENT);
            }
            return alignment;
        }

        private Stated tensor() throws IOException {
            String name = input.text("tensors");
            if (name.isEmpty() || name.length() > TensorLimits.MAX_NAME_LENGTH) {
                throw malformed(name, "is no name for a tensor: it has " + name.length() + " characters");
            }
            int rank = input.int32(name);
            if (rank < 0 || rank > MAX_RANK) {
                throw malformed(name, "has " + Integer.toUnsignedString(rank) + " dimensions, more than " + MAX_RANK);
            }
            List<Long> shape = new ArrayList<>();
            for (int i = 0; i < rank; i++) {
                long dimension = input.int64(name);
                if (dimension <= 0) {
                    throw malformed(name, "has a dimension of " + Long.toUnsignedString(dimension));
                }
                shape.add(dimension);
            }
            Collections.reverse(shape);
            return new Stated(name, dtype(name, input.int32(name)), shape, input.int64(name));
        }

        private DType dtype(String name, int number) {
            if (number < 0 || number >= FORMATS.size()) {
                throw malformed(name, "has the unknown format " + Integer.toUnsignedString(number));
            }
            for (DType dtype : DType.values()) {
                if (dtype.name().equals(FORMATS.get(number))) {
                    return dtype;
                }
            }
            throw new UnsupportedInputException(
                    file,
                    name,
                    "numbers in the format " + FORMATS.get(number) + " are not supported",
                    "llama.cpp writes no such files any more: convert or quantize the model again");
        }

        private List<TensorInfo> placed(List<Stated> stated, long alignment) {
            long dataStart = (input.position() + alignment - 1) / alignment * alignment;
            List<TensorInfo> tensors = new ArrayList<>();
            for (Stated tensor : stated) {
                if (tensor.offset() < 0 || tensor.offset() % alignment != 0) {
                    throw malformed(
                            tensor.name(),
                            "begins at byte " + Long.toUnsignedString(tensor.offset())
                                    + " of the data, which is no multiple of " + alignment);
                }
                long bytes = bytes(tensor);
                if (tensor.offset() > fileBytes - dataStart || bytes > fileBytes - dataStart - tensor.offset()) {
                    throw malformed(tensor.name(), "reaches beyond the end of the file: the file is truncated");
                }
                tensors.add(new TensorInfo(
                        tensor.name(), tensor.dtype(), tensor.shape(), file, dataStart + tensor.offset(), bytes));
            }
            tensors.sort(Comparator.comparingLong(TensorInfo::offset));
            for (int i = 1; i < tensors.size(); i++) {
                TensorInfo before = tensors.get(i - 1);
                if (tensors.get(i).offset() < before.offset() + before.bytes()) {
                    throw malformed(tensors.get(i).name(), "overlaps with " + PrintableText.quoted(before.name()));
                }
            }
            return tensors;
        }

        private long bytes(Stated tensor) {
            List<Long> shape = tensor.shape();
            int block = tensor.dtype().blockElements();
            if (block > 1 && (shape.isEmpty() || shape.get(shape.size() - 1) % block != 0)) {
                throw malformed(
                        tensor.name(),
                        "has rows that are not whole blocks of " + tensor.dtype() + ": its shape is " + shape);
            }
            try {
                return TensorInfo.bytes(tensor.dtype(), shape);
            } catch (IllegalArgumentException | ArithmeticException tooLarge) {
                throw malformed(tensor.name(), "has an impossible shape: " + shape);
            }
        }

        private MalformedInputException malformed(String field, String problem) {
            return new MalformedInputException(file, field, problem, "download the file again");
        }
    }
}
