package io.github.swscan.checkpoint;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes files as {@code torch.save} does, and files that it never would. */
public final class TorchFile {

    private final ByteArrayOutputStream pickle = new ByteArrayOutputStream();
    private final Map<String, byte[]> entries = new LinkedHashMap<>();

    public TorchFile() {
        entries.put("model/byteorder", "little".getBytes(StandardCharsets.US_ASCII));
        op(0x80, 2);
    }

    /** Single bytes of the pickle. */
    public TorchFile op(int... bytes) {
        for (int next : bytes) {
            pickle.write(next);
        }
        return this;
    }

    public TorchFile text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        op('X').int32(bytes.length);
        pickle.writeBytes(bytes);
        return this;
    }

    public TorchFile number(long value) {
        return op('J').int32((int) value);
    }

    public TorchFile global(String module, String name) {
        op('c');
        pickle.writeBytes((module + "\n" + name + "\n").getBytes(StandardCharsets.UTF_8));
        return this;
    }

    /** A view of a storage of float32 numbers. */
    public TorchFile tensor(String storage, long elements, long first, List<Integer> shape, List<Integer> strides) {
        global("torch._utils", "_rebuild_tensor_v2").op('(');
        op('(').text("storage")
                .global("torch", "FloatStorage")
                .text(storage)
                .text("cpu")
                .number(elements);
        op('t', 'Q').number(first);
        return tuple(shape)
                .tuple(strides)
                .op(0x89)
                .global("collections", "OrderedDict")
                .op(')', 'R', 't', 'R');
    }

    /** A whole storage of E4M3 numbers, which PyTorch keeps as bytes without a type. */
    public TorchFile float8(String storage, List<Integer> shape) {
        int elements = shape.stream().reduce(1, (a, b) -> a * b);
        global("torch._utils", "_rebuild_tensor_v3").op('(');
        op('(').text("storage")
                .global("torch.storage", "UntypedStorage")
                .text(storage)
                .text("cpu")
                .number(elements);
        op('t', 'Q').number(0);
        tuple(shape).op('(');
        for (int dimension = 0; dimension < shape.size(); dimension++) {
            number(shape.subList(dimension + 1, shape.size()).stream().reduce(1, (a, b) -> a * b));
        }
        return op('t', 0x89)
                .global("collections", "OrderedDict")
                .op(')', 'R')
                .global("torch", "float8_e4m3fn")
                .op('t', 'R');
    }

    private TorchFile tuple(List<Integer> values) {
        op('(');
        values.forEach(this::number);
        return op('t');
    }

    public TorchFile storage(String key, float... values) {
        byte[] bytes = new byte[4 * values.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (Float.floatToRawIntBits(values[i / 4]) >>> (8 * (i % 4)));
        }
        return entry("model/data/" + key, bytes);
    }

    public TorchFile entry(String name, byte[] bytes) {
        entries.put(name, bytes);
        return this;
    }

    /** Begins an object of a class of TorchScript's; its attributes follow, and {@link #endModule}. */
    public TorchFile module(String name) {
        int dot = name.lastIndexOf('.');
        String module = dot < 0 ? "__torch__" : "__torch__." + name.substring(0, dot);
        return global(module, name.substring(dot + 1)).op(')', 0x81, '}', '(');
    }

    public TorchFile endModule() {
        return op('u', 'b');
    }

    /** Makes it a TorchScript archive. */
    public TorchFile withCode() {
        return entry("model/code/__torch__.py", new byte[] {'#'});
    }

    /** Ends the pickle and writes the archive. */
    public Path write(Path file) {
        return write(file, ZipEntry.STORED);
    }

    public Path write(Path file, int method) {
        op('.');
        return write(file, pickle.toByteArray(), method);
    }

    /** Writes the archive with another pickle. */
    public Path write(Path file, byte[] other) {
        return write(file, other, ZipEntry.STORED);
    }

    private Path write(Path file, byte[] whole, int method) {
        entries.put("model/data.pkl", whole);
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            for (Map.Entry<String, byte[]> content : entries.entrySet()) {
                ZipEntry entry = new ZipEntry(content.getKey());
                CRC32 crc = new CRC32();
                crc.update(content.getValue());
                entry.setMethod(method);
                entry.setSize(content.getValue().length);
                entry.setCrc(crc.getValue());
                zip.putNextEntry(entry);
                zip.write(content.getValue());
                zip.closeEntry();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return file;
    }

    private TorchFile int32(int value) {
        return op(value & 0xFF, (value >>> 8) & 0xFF, (value >>> 16) & 0xFF, value >>> 24);
    }
}
