package io.github.swscan.checkpoint.safetensors;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.checkpoint.tensor.TensorLimits;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.PrintableText;
import io.github.swscan.input.StrictJson;
import io.github.swscan.input.UnsupportedInputException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Reads the JSON of a safetensors header, and refuses what the format does not allow in each entry. How the entries lie
 * together in the file is not looked at here.
 */
final class HeaderJson {
    private static final String METADATA = "__metadata__";
    private static final int MAX_METADATA_ENTRIES = 100_000;
    private static final long MAX_TOKENS = 30L * TensorLimits.MAX_TENSORS;

    /** Types of the format whose elements are not whole bytes, are pairs of numbers, or are AMD's 8-bit numbers. */
    private static final Set<String> UNSUPPORTED_TYPES =
            Set.of("F4", "F6_E2M3", "F6_E3M2", "C64", "F8_E4M3FNUZ", "F8_E5M2FNUZ");

    private final Path file;

    private HeaderJson(Path file) {
        this.file = file;
    }

    /**
     * The tensors in the order in which the header names them.
     *
     * @param file where the header is from, for messages
     * @throws io.github.swscan.input.InputException if the header breaks a rule of the format, or uses an unsupported type
     */
    static List<HeaderEntry> read(Path file, byte[] utf8) {
        return new StrictJson(file, "header", MAX_TOKENS).read(utf8, new HeaderJson(file)::entries);
    }

    private List<HeaderEntry> entries(JsonParser parser) throws IOException {
        List<HeaderEntry> entries = new ArrayList<>();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            if (name.equals(METADATA)) {
                checkMetadata(parser);
            } else if (entries.size() == TensorLimits.MAX_TENSORS) {
                throw new UnsupportedInputException(
                        file, "header", "names more than " + TensorLimits.MAX_TENSORS + " tensors", "");
            } else {
                entries.add(entry(parser, name));
            }
        }
        return entries;
    }

    /** The format allows only text in the metadata: a map from string to string. */
    private void checkMetadata(JsonParser parser) throws IOException {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            throw malformed(METADATA, "is not an object");
        }
        int count = 0;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String key = parser.currentName();
            if (parser.nextToken() != JsonToken.VALUE_STRING) {
                throw malformed(METADATA, "has a value that is not a string, under " + PrintableText.quoted(key));
            }
            if (++count > MAX_METADATA_ENTRIES) {
                throw malformed(METADATA, "has more than " + MAX_METADATA_ENTRIES + " entries");
            }
        }
    }

    private HeaderEntry entry(JsonParser parser, String name) throws IOException {
        if (name.isEmpty()) {
            throw malformed("header", "has a tensor with an empty name");
        }
        if (name.length() > TensorLimits.MAX_NAME_LENGTH) {
            throw malformed(name, "is a tensor name of more than " + TensorLimits.MAX_NAME_LENGTH + " characters");
        }
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            throw malformed(name, "is not an object with dtype, shape and data_offsets");
        }
        Optional<DType> dtype = Optional.empty();
        Optional<List<Long>> shape = Optional.empty();
        Optional<List<Long>> offsets = Optional.empty();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            switch (parser.currentName()) {
                case "dtype" -> dtype = Optional.of(dtype(parser, name));
                case "shape" -> shape = Optional.of(integers(parser, name, TensorLimits.MAX_RANK));
                case "data_offsets" -> offsets = Optional.of(integers(parser, name, 2));
                default ->
                    throw malformed(
                            name,
                            "has the unknown key " + PrintableText.quoted(parser.currentName())
                                    + "; only dtype, shape and data_offsets are allowed");
            }
        }
        return entry(
                name,
                dtype.orElseThrow(() -> malformed(name, "has no dtype")),
                shape.orElseThrow(() -> malformed(name, "has no shape")),
                offsets.orElseThrow(() -> malformed(name, "has no data_offsets")));
    }

    private HeaderEntry entry(String name, DType dtype, List<Long> shape, List<Long> offsets) {
        if (offsets.size() != 2) {
            throw malformed(name, "data_offsets has " + offsets.size() + " numbers instead of 2");
        }
        long begin = offsets.get(0);
        long end = offsets.get(1);
        if (begin > end) {
            throw malformed(name, "data_offsets begins at %d, after its end at %d".formatted(begin, end));
        }
        long bytes;
        try {
            bytes = TensorInfo.bytes(dtype, shape);
        } catch (IllegalArgumentException overflow) {
            throw malformed(name, "shape " + shape + " has more elements than any file can hold");
        }
        if (end - begin != bytes) {
            throw malformed(
                    name,
                    "data_offsets spans %d bytes, but %s %s takes %d".formatted(end - begin, dtype, shape, bytes));
        }
        return new HeaderEntry(name, dtype, shape, begin, end);
    }

    private DType dtype(JsonParser parser, String name) throws IOException {
        if (parser.nextToken() != JsonToken.VALUE_STRING) {
            throw malformed(name, "dtype is not a string");
        }
        String dtype = parser.getText();
        if (UNSUPPORTED_TYPES.contains(dtype)) {
            throw new UnsupportedInputException(
                    file, name, "dtype " + dtype + " is not supported", "convert the tensor to another dtype");
        }
        return DType.named(dtype)
                .orElseThrow(() -> malformed(
                        name, "dtype " + PrintableText.quoted(dtype) + " is not one of the safetensors format"));
    }

    /** Reads the array that is the value of the current key. */
    private List<Long> integers(JsonParser parser, String name, int limit) throws IOException {
        String key = parser.currentName();
        if (parser.nextToken() != JsonToken.START_ARRAY) {
            throw malformed(name, key + " is not an array");
        }
        List<Long> integers = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT) {
                throw malformed(name, key + " holds something that is not an integer");
            }
            if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
                throw malformed(name, key + " holds an integer of more than 63 bits");
            }
            if (parser.getLongValue() < 0) {
                throw malformed(name, key + " holds a negative number");
            }
            if (integers.size() == limit) {
                throw malformed(name, key + " holds more than " + limit + " numbers");
            }
            integers.add(parser.getLongValue());
        }
        return List.copyOf(integers);
    }

    private MalformedInputException malformed(String field, String problem) {
        return new MalformedInputException(file, field, problem, "download or convert the file again");
    }
}
