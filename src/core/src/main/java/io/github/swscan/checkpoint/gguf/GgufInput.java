package io.github.swscan.checkpoint.gguf;

import io.github.swscan.input.MalformedInputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The values that the header of a GGUF file is made of, one after the other. Nothing that the file says is believed
 * before the file is seen to be long enough for it.
 */
final class GgufInput {

    /** Longer than any header: a vocabulary of 262,144 tokens takes about 10 MB. */
    static final long MAX_HEADER_BYTES = 100_000_000;

    /** How many entries all lists have together. */
    static final int MAX_LIST_ENTRIES = 4_000_000;

    static final int MAX_NESTING = 4;

    private final Path file;
    private final InputStream input;
    private final long limit;
    private long position;
    private int listEntries;

    GgufInput(Path file, InputStream input, long fileBytes) {
        this.file = file;
        this.input = input;
        this.limit = Math.min(fileBytes, MAX_HEADER_BYTES);
    }

    /** How many bytes have been read. */
    long position() {
        return position;
    }

    int int32(String field) throws IOException {
        return (int) little(field, Integer.BYTES);
    }

    long int64(String field) throws IOException {
        return little(field, Long.BYTES);
    }

    /** How many of something follow. */
    long count(String what, long maximum) throws IOException {
        long count = int64("header");
        if (count < 0 || count > maximum) {
            throw malformed("header", "names " + Long.toUnsignedString(count) + " " + what + ", more than " + maximum);
        }
        return count;
    }

    /** A text; what is not UTF-8 in it becomes the replacement character. */
    String text(String field) throws IOException {
        long length = int64(field);
        if (length < 0 || length > limit - position) {
            throw malformed(field, "has a text of " + Long.toUnsignedString(length) + " bytes, which do not follow");
        }
        return new String(bytes(field, (int) length), StandardCharsets.UTF_8);
    }

    /** A value with its type before it. */
    Object value(String key) throws IOException {
        return value(key, int32(key), 0);
    }

    private Object value(String key, int type, int depth) throws IOException {
        return switch (type) {
            case 0 -> little(key, 1);
            case 1 -> (long) (byte) little(key, 1);
            case 2 -> little(key, 2);
            case 3 -> (long) (short) little(key, 2);
            case 4 -> little(key, 4);
            case 5 -> (long) (int) little(key, 4);
            case 6 -> (double) Float.intBitsToFloat((int) little(key, 4));
            case 7 -> flag(key);
            case 8 -> text(key);
            case 9 -> list(key, depth);
            case 10, 11 -> little(key, 8);
            case 12 -> Double.longBitsToDouble(little(key, 8));
            default -> throw malformed(key, "has a value of the unknown type " + Integer.toUnsignedString(type));
        };
    }

    private boolean flag(String key) throws IOException {
        long value = little(key, 1);
        if (value > 1) {
            throw malformed(key, "is " + value + " where 0 or 1 is needed");
        }
        return value == 1;
    }

    private List<Object> list(String key, int depth) throws IOException {
        if (depth == MAX_NESTING) {
            throw malformed(key, "has lists in lists, more than " + MAX_NESTING + " deep");
        }
        int type = int32(key);
        long length = int64(key);
        if (length < 0 || length > limit - position) {
            throw malformed(key, "has a list of " + Long.toUnsignedString(length) + " entries, which do not follow");
        }
        if (length > MAX_LIST_ENTRIES - listEntries) {
            throw malformed(key, "has a list too long: all lists together may have " + MAX_LIST_ENTRIES + " entries");
        }
        listEntries += (int) length;
        List<Object> entries = new ArrayList<>();
        for (long i = 0; i < length; i++) {
            entries.add(value(key, type, depth + 1));
        }
        return Collections.unmodifiableList(entries);
    }

    private long little(String field, int count) throws IOException {
        byte[] bytes = bytes(field, count);
        long value = 0;
        for (int i = count - 1; i >= 0; i--) {
            value = (value << 8) | (bytes[i] & 0xFF);
        }
        return value;
    }

    private byte[] bytes(String field, int count) throws IOException {
        requireLeft(field, count);
        byte[] bytes = input.readNBytes(count);
        if (bytes.length < count) {
            throw malformed(field, "ended while it was being read");
        }
        position += count;
        return bytes;
    }

    private void requireLeft(String field, long count) {
        if (count > limit - position) {
            throw malformed(
                    field,
                    limit == MAX_HEADER_BYTES
                            ? "lies beyond the first " + MAX_HEADER_BYTES + " bytes, where no header ends"
                            : "is cut off: the file is truncated");
        }
    }

    private MalformedInputException malformed(String field, String problem) {
        return new MalformedInputException(file, field, problem, "download the file again");
    }
}
