package io.github.swscan.checkpoint.pytorch;

import io.github.swscan.checkpoint.pytorch.StateDict.Place;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.ByteSource;
import io.github.swscan.input.InputException;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.UnsupportedInputException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A file that {@code torch.save} wrote before PyTorch 1.6: five pickles (a magic number, the version of the protocol, the
 * machine, the tensors, the keys of the storages), and then each storage, the number of its elements before it.
 */
final class PyTorchLegacyFile {

    /** How every such file begins: a pickle of protocol 2 with the magic number. */
    private static final byte[] START = {
        (byte) 0x80,
        2,
        (byte) 0x8a,
        10,
        0x6c,
        (byte) 0xfc,
        (byte) 0x9c,
        0x46,
        (byte) 0xf9,
        0x20,
        0x6a,
        (byte) 0xa8,
        0x50,
        0x19
    };

    /** Longer than the description of any model: some 200 bytes a tensor. */
    private static final int MAX_PICKLES_SIZE = 100_000_000;

    private static final long PROTOCOL = 1001;

    private final ByteSource source;
    private final Path file;

    private PyTorchLegacyFile(ByteSource source) {
        this.source = source;
        this.file = source.name();
    }

    /** Whether a file begins as one of these. */
    static boolean beginsLikeOne(byte[] start) {
        return start.length >= START.length && java.util.Arrays.equals(start, 0, START.length, START, 0, START.length);
    }

    /**
     * Reads which tensors a file holds, and none of their data.
     *
     * @throws InputException if it cannot be read, is malformed, or wants to load more than tensors
     */
    static List<TensorInfo> read(ByteSource file) {
        return new PyTorchLegacyFile(file).tensors();
    }

    private List<TensorInfo> tensors() {
        try (SeekableByteChannel channel = source.open()) {
            ByteBuffer start = ByteBuffer.allocate((int) Math.min(source.size(), MAX_PICKLES_SIZE));
            readFully(channel, start, 0);
            ByteArrayInputStream bytes = new ByteArrayInputStream(start.array(), 0, start.limit());
            PyTorchUnpickler.read(file, "magic number", bytes);
            if (!(PyTorchUnpickler.read(file, "protocol", bytes) instanceof Number protocol)
                    || protocol.longValue() != PROTOCOL) {
                throw malformed("protocol", "is not " + PROTOCOL);
            }
            if (PyTorchUnpickler.read(file, "machine", bytes) instanceof Map<?, ?> machine
                    && Boolean.FALSE.equals(machine.get("little_endian"))) {
                throw new UnsupportedInputException(
                        file, "machine", "is not little-endian", "save the model again on a little-endian machine");
            }
            Object pickled = PyTorchUnpickler.read(file, "tensors", bytes);
            Object keys = PyTorchUnpickler.read(file, "storages", bytes);
            Map<String, Integer> sizes = StateDict.elementSizes(pickled);
            Map<String, Place> places = places(channel, keys, sizes, start.limit() - bytes.available());
            return StateDict.tensors(file, pickled, key -> {
                Place place = places.get(key);
                if (place == null) {
                    throw malformed(key, "is a storage that is not in the file");
                }
                return place;
            });
        } catch (IOException failure) {
            throw source.unreadable(failure);
        }
    }

    /** Goes from storage to storage: only the size of its elements tells where one ends. */
    private Map<String, Place> places(SeekableByteChannel channel, Object keys, Map<String, Integer> sizes, long first)
            throws IOException {
        if (!(keys instanceof List<?> list)) {
            throw malformed("storages", "is not a list");
        }
        Map<String, Place> places = new HashMap<>();
        long position = first;
        for (Object key : list) {
            if (!(key instanceof String name)) {
                throw malformed("storages", "holds a key that is no text");
            }
            Integer size = sizes.get(name);
            if (size == null) {
                throw new UnsupportedInputException(
                        file, name, "is a storage of no tensor of the model", "convert it to safetensors");
            }
            ByteBuffer count = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            readFully(channel, count, position);
            long elements = count.limit() < Long.BYTES ? -1 : count.getLong(0);
            position += Long.BYTES;
            if (elements < 0 || elements > (source.size() - position) / size) {
                throw malformed(name, "reaches beyond the end of the file");
            }
            places.put(name, new Place(position, elements * size));
            position += elements * size;
        }
        return places;
    }

    /** As much as there is; the buffer's limit says how much. */
    private static void readFully(SeekableByteChannel channel, ByteBuffer buffer, long position) throws IOException {
        channel.position(position);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                break;
            }
        }
        buffer.flip();
    }

    private MalformedInputException malformed(String field, String problem) {
        return new MalformedInputException(file, field, problem, "download the file again");
    }
}
