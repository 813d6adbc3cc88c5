package io.github.swscan.checkpoint.safetensors;

import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.ByteSource;
import io.github.swscan.input.InputException;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.PrintableText;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Comparator;
import java.util.List;

/**
 * The header of a safetensors file: which tensors it holds and where.
 *
 * <p>The <a href="https://github.com/huggingface/safetensors#format">format</a>: 8 bytes with the length of the header
 * as an unsigned little-endian integer; the header, a JSON object in UTF-8 that may be padded with spaces; the data, to
 * the end of the file, every byte of it in exactly one tensor.
 */
public final class SafetensorsHeader {
    /** The longest header that the reference implementation reads, in bytes. */
    static final int MAX_HEADER_SIZE = 100_000_000;

    private static final String HEADER = "header";
    private static final String DOWNLOAD = "download the file again";

    private final ByteSource file;

    private SafetensorsHeader(ByteSource file) {
        this.file = file;
    }

    /**
     * Whether bytes may be the start of a file of this format. Files of other kinds would state a header that is far too
     * long; that a header's length has bytes that others begin with is nothing to go by.
     */
    public static boolean beginsLikeOne(byte[] start) {
        if (start.length <= Long.BYTES) {
            return false;
        }
        long length = ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN).getLong();
        return length > 0 && length <= MAX_HEADER_SIZE && start[Long.BYTES] == '{';
    }

    /**
     * Reads and validates the header of a file, completely, against the size of the file. The data itself is not read.
     *
     * @return the tensors in the order in which they lie in the file
     * @throws InputException if the file cannot be read or breaks a rule of the format
     */
    public static List<TensorInfo> read(ByteSource file) {
        return new SafetensorsHeader(file).tensors();
    }

    private List<TensorInfo> tensors() {
        byte[] json = json();
        List<HeaderEntry> entries = HeaderJson.read(file.name(), json);
        // A tensor without elements shares its begin with the tensor after it.
        entries.sort(Comparator.comparingLong(HeaderEntry::begin).thenComparingLong(HeaderEntry::end));
        long dataStart = Long.BYTES + (long) json.length;
        checkLayout(entries, dataStart);
        return entries.stream()
                .map(entry -> new TensorInfo(
                        entry.name(),
                        entry.dtype(),
                        entry.shape(),
                        file.name(),
                        dataStart + entry.begin(),
                        entry.end() - entry.begin()))
                .toList();
    }

    private byte[] json() {
        try (InputStream input = file.stream()) {
            byte[] json = new byte[checkedLength(input.readNBytes(Long.BYTES))];
            if (input.readNBytes(json, 0, json.length) < json.length) {
                throw malformed(HEADER, "ended while it was being read", "wait until the file is complete");
            }
            if (json[0] != '{') {
                throw malformed(HEADER, "does not begin with '{': this is not a safetensors file", DOWNLOAD);
            }
            return json;
        } catch (IOException failure) {
            throw file.unreadable(failure);
        }
    }

    private int checkedLength(byte[] prefix) {
        if (prefix.length < Long.BYTES) {
            throw malformed(
                    "", "is too short to be a safetensors file: it has %d bytes".formatted(prefix.length), DOWNLOAD);
        }
        long length = ByteBuffer.wrap(prefix).order(ByteOrder.LITTLE_ENDIAN).getLong();
        if (length == 0) {
            throw malformed(HEADER, "has length 0", DOWNLOAD);
        }
        if (Long.compareUnsigned(length, MAX_HEADER_SIZE) > 0) {
            throw malformed(
                    HEADER,
                    "would be longer than the limit of %d bytes: this is not a safetensors file"
                            .formatted(MAX_HEADER_SIZE),
                    DOWNLOAD);
        }
        if (length > file.size() - Long.BYTES) {
            throw malformed(
                    HEADER,
                    "is truncated: it is %d bytes long, but only %d follow".formatted(length, file.size() - Long.BYTES),
                    DOWNLOAD);
        }
        return (int) length;
    }

    /** The format wants no holes, so that nothing can hide in a file, and no byte in two tensors. */
    private void checkLayout(List<HeaderEntry> entries, long dataStart) {
        long dataBytes = file.size() - dataStart;
        long end = 0;
        String previous = "";
        for (HeaderEntry entry : entries) {
            if (entry.begin() < end) {
                throw malformed(
                        entry.name(),
                        "begins at byte %d of the data and overlaps with %s, which ends at %d"
                                .formatted(entry.begin(), PrintableText.quoted(previous), end),
                        DOWNLOAD);
            }
            if (entry.begin() > end) {
                throw malformed(
                        entry.name(),
                        "begins at byte %d of the data, but the tensor before it ends at %d: the bytes between are in no tensor"
                                .formatted(entry.begin(), end),
                        DOWNLOAD);
            }
            end = entry.end();
            previous = entry.name();
        }
        if (end > dataBytes) {
            throw malformed(
                    HEADER,
                    "says that the data is %d bytes long, but %d bytes are there: the file is truncated"
                            .formatted(end, dataBytes),
                    DOWNLOAD);
        }
        if (end < dataBytes) {
            throw malformed(HEADER, "leaves %d bytes after the last tensor".formatted(dataBytes - end), DOWNLOAD);
        }
    }

    private MalformedInputException malformed(String field, String problem, String remedy) {
        return new MalformedInputException(file.name(), field, problem, remedy);
    }
}
