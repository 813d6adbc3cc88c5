package io.github.swscan.checkpoint;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** Writes GGUF files, well-formed ones and, since nothing is checked, any others. */
public final class GgufWriter {

    /** The numbers of value types and of formats of tensors. */
    public static final int UINT32 = 4;

    public static final int INT32 = 5;
    public static final int FLOAT32 = 6;
    public static final int BOOL = 7;
    public static final int TEXT = 8;
    public static final int LIST = 9;
    public static final int UINT64 = 10;
    public static final int F32 = 0;
    public static final int Q4_0 = 2;
    public static final int Q8_0 = 8;

    private static final Map<Class<?>, Integer> TYPES =
            Map.of(Integer.class, UINT32, Float.class, FLOAT32, Boolean.class, BOOL, String.class, TEXT);

    private final ByteArrayOutputStream metadata = new ByteArrayOutputStream();
    private final ByteArrayOutputStream tensors = new ByteArrayOutputStream();
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();
    private int version = 3;
    private long keys;
    private long tensorInfos;
    private OptionalLong statedKeys = OptionalLong.empty();
    private OptionalLong statedTensors = OptionalLong.empty();

    /** Another version than 3. */
    public GgufWriter version(int other) {
        version = other;
        return this;
    }

    /** States another number of keys than there are. */
    public GgufWriter keys(long stated) {
        statedKeys = OptionalLong.of(stated);
        return this;
    }

    /** States another number of tensors than there are. */
    public GgufWriter tensors(long stated) {
        statedTensors = OptionalLong.of(stated);
        return this;
    }

    /** A number (as uint32 or float32), a flag or a text. */
    public GgufWriter key(String key, Object value) {
        return key(key, TYPES.get(value.getClass()), value(value));
    }

    /** A list of such values, not empty. */
    public GgufWriter list(String key, List<?> values) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        values.forEach(value -> bytes.writeBytes(value(value)));
        return list(key, TYPES.get(values.get(0).getClass()), values.size(), bytes.toByteArray());
    }

    /** A list that states its type and length, and these bytes. */
    public GgufWriter list(String key, int type, long length, byte[] values) {
        return key(key, LIST, joined(int32(type), int64(length), values));
    }

    /** A value of a type, as these bytes. */
    public GgufWriter key(String key, int type, byte[] value) {
        metadata.writeBytes(joined(text(key), int32(type), value));
        keys++;
        return this;
    }

    /** A key without anything after it. */
    public GgufWriter keyBytes(byte[] bytes) {
        metadata.writeBytes(bytes);
        keys++;
        return this;
    }

    /** An F32 tensor of zeros after those before it. */
    public GgufWriter zeros(String name, Long... shape) {
        long elements = 1;
        for (long dimension : shape) {
            elements *= dimension;
        }
        return tensor(name, F32, List.of(shape), new byte[(int) (4 * elements)]);
    }

    /** A tensor after those before it; its shape begins with the outermost dimension. */
    public GgufWriter tensor(String name, int format, List<Long> shape, byte[] content) {
        tensor(name, format, shape, data.size());
        data.writeBytes(content);
        data.writeBytes(new byte[Math.floorMod(-data.size(), 32)]);
        return this;
    }

    /** A tensor that is said to begin at a byte of the data. */
    public GgufWriter tensor(String name, int format, List<Long> shape, long offset) {
        tensors.writeBytes(joined(text(name), int32(shape.size())));
        List<Long> innermostFirst = new java.util.ArrayList<>(shape);
        Collections.reverse(innermostFirst);
        innermostFirst.forEach(dimension -> tensors.writeBytes(int64(dimension)));
        tensors.writeBytes(joined(int32(format), int64(offset)));
        tensorInfos++;
        return this;
    }

    /** The file. */
    public byte[] bytes() {
        byte[] header = joined(
                "GGUF".getBytes(StandardCharsets.US_ASCII),
                int32(version),
                int64(statedTensors.orElse(tensorInfos)),
                int64(statedKeys.orElse(keys)),
                metadata.toByteArray(),
                tensors.toByteArray());
        return joined(header, new byte[Math.floorMod(-header.length, 32)], data.toByteArray());
    }

    /** Writes the file. */
    public Path write(Path file) {
        return SafetensorsWriter.writeBytes(file, bytes());
    }

    /** A text with its length before it. */
    public static byte[] text(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return joined(int64(utf8.length), utf8);
    }

    public static byte[] int32(int value) {
        return little(4).putInt(value).array();
    }

    public static byte[] int64(long value) {
        return little(8).putLong(value).array();
    }

    public static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static byte[] value(Object value) {
        if (value instanceof String text) {
            return text(text);
        }
        if (value instanceof Boolean flag) {
            return new byte[] {(byte) (flag ? 1 : 0)};
        }
        return int32(value instanceof Float fraction ? Float.floatToRawIntBits(fraction) : (int) value);
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
