package io.github.swscan.checkpoint;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes files as {@code torch.save} does, and files that it never would. */
public final class TorchFile {

    private static final String STORAGE = "model/data/";

    private final ByteArrayOutputStream pickle = new ByteArrayOutputStream();
    private final Map<String, byte[]> entries = new LinkedHashMap<>();

    TorchFile() {
        entries.put("model/byteorder", "little".getBytes(StandardCharsets.US_ASCII));
        op(0x80, 2);
    }

    /** Single bytes of the pickle. */
    TorchFile op(int... bytes) {
        for (int next : bytes) {
            pickle.write(next);
        }
        return this;
    }

    TorchFile text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        op('X').int32(bytes.length);
        pickle.writeBytes(bytes);
        return this;
    }

    TorchFile number(long value) {
        return op('J').int32((int) value);
    }

    TorchFile global(String module, String name) {
        op('c');
        pickle.writeBytes((module + "\n" + name + "\n").getBytes(StandardCharsets.UTF_8));
        return this;
    }

    /** A view of a storage of float32 numbers. */
    TorchFile tensor(String storage, long elements, long first, List<Integer> shape, List<Integer> strides) {
        return tensor("FloatStorage", storage, elements, first, shape, strides);
    }

    /** A view of a storage of another type. */
    TorchFile tensor(
            String type, String storage, long elements, long first, List<Integer> shape, List<Integer> strides) {
        global("torch._utils", "_rebuild_tensor_v2").op('(');
        op('(').text("storage").global("torch", type).text(storage).text("cpu").number(elements);
        op('t', 'Q').number(first);
        return tuple(shape)
                .tuple(strides)
                .op(0x89)
                .global("collections", "OrderedDict")
                .op(')', 'R', 't', 'R');
    }

    /** A whole storage of E4M3 numbers, which PyTorch keeps as bytes without a type. */
    TorchFile float8(String storage, List<Integer> shape) {
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

    TorchFile storage(String key, float... values) {
        byte[] bytes = new byte[4 * values.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (Float.floatToRawIntBits(values[i / 4]) >>> (8 * (i % 4)));
        }
        return entry(STORAGE + key, bytes);
    }

    TorchFile entry(String name, byte[] bytes) {
        entries.put(name, bytes);
        return this;
    }

    /** How the tensors of a state dict lie in their storages. */
    public enum Layout {
        /** Each in a storage of its own, in row-major order. */
        PLAIN,
        /** All in one storage, matrices column by column. */
        STRIDED,
        /** Wrapped as parameters, the state dict below a key beside others. */
        NESTED_PARAMETERS
    }

    /** A state dict of F32 tensors. */
    public static TorchFile stateDict(Map<String, SafetensorsWriter.Tensor> tensors, Layout layout) {
        TorchFile file = new TorchFile().op('}', '(');
        if (layout == Layout.NESTED_PARAMETERS) {
            file.text("epoch").number(3).text("state_dict").op('}', '(');
        }
        int all = tensors.values().stream()
                        .mapToInt(tensor -> tensor.data().length)
                        .sum()
                / Float.BYTES;
        ByteBuffer shared = ByteBuffer.allocate(all * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        tensors.forEach((name, tensor) -> {
            List<Integer> shape = tensor.shape().stream().map(Math::toIntExact).toList();
            int elements = tensor.data().length / Float.BYTES;
            file.text(name);
            switch (layout) {
                case PLAIN ->
                    file.tensor(name, elements, 0, shape, rowMajor(shape)).entry(STORAGE + name, tensor.data());
                case STRIDED -> {
                    boolean matrix = shape.size() == 2;
                    List<Integer> strides = matrix ? List.of(1, shape.get(0)) : rowMajor(shape);
                    file.tensor("all", all, shared.position() / Float.BYTES, shape, strides);
                    shared.put(matrix ? transposed(tensor.data(), shape) : tensor.data());
                }
                case NESTED_PARAMETERS ->
                    file.global("torch._utils", "_rebuild_parameter")
                            .op('(')
                            .tensor(name, elements, 0, shape, rowMajor(shape))
                            .op(0x88)
                            .global("collections", "OrderedDict")
                            .op(')', 'R', 't', 'R')
                            .entry(STORAGE + name, tensor.data());
            }
        });
        if (layout == Layout.STRIDED) {
            file.entry(STORAGE + "all", shared.array());
        }
        return layout == Layout.NESTED_PARAMETERS ? file.op('u', 'u') : file.op('u');
    }

    private static List<Integer> rowMajor(List<Integer> shape) {
        List<Integer> strides = new ArrayList<>();
        for (int dimension = 0; dimension < shape.size(); dimension++) {
            strides.add(shape.subList(dimension + 1, shape.size()).stream().reduce(1, (a, b) -> a * b));
        }
        return strides;
    }

    private static byte[] transposed(byte[] data, List<Integer> shape) {
        ByteBuffer from = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer to = ByteBuffer.allocate(data.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int column = 0; column < shape.get(1); column++) {
            for (int row = 0; row < shape.get(0); row++) {
                to.putInt(from.getInt(Float.BYTES * (row * shape.get(1) + column)));
            }
        }
        return to.array();
    }

    /** Begins an object of a class of TorchScript's; its attributes follow, and {@link #endModule}. */
    TorchFile module(String name) {
        return global("__torch__", name).op(')', 0x81, '}', '(');
    }

    TorchFile endModule() {
        return op('u', 'b');
    }

    /** Makes it a TorchScript archive. */
    TorchFile withCode() {
        return entry("model/code/__torch__.py", new byte[] {'#'});
    }

    /** Ends the pickle and writes a file as PyTorch did before it wrote archives. */
    public Path writeLegacy(Path file) {
        return writeLegacy(file, true);
    }

    /** The same, of a machine that may be big-endian. */
    Path writeLegacy(Path file, boolean littleEndian) {
        op('.');
        List<String> keys = entries.keySet().stream()
                .filter(name -> name.startsWith(STORAGE))
                .map(name -> name.substring(STORAGE.length()))
                .toList();
        TorchFile list = new TorchFile().op(']', '(');
        keys.forEach(list::text);
        list.op('e', '.');
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(new byte[] {(byte) 0x80, 2, (byte) 0x8a, 10});
        all.writeBytes(HexFormat.of().parseHex("6cfc9c46f9206aa850192e"));
        all.writeBytes(new TorchFile().number(1001).op('.').pickle.toByteArray());
        all.writeBytes(new TorchFile()
                .op('}', '(')
                .text("little_endian")
                .op(littleEndian ? 0x88 : 0x89, 'u', '.')
                .pickle
                .toByteArray());
        all.writeBytes(pickle.toByteArray());
        all.writeBytes(list.pickle.toByteArray());
        for (String key : keys) {
            byte[] content = entries.get(STORAGE + key);
            all.writeBytes(ByteBuffer.allocate(Long.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(content.length / Float.BYTES)
                    .array());
            all.writeBytes(content);
        }
        return SafetensorsWriter.writeBytes(file, all.toByteArray());
    }

    /** Ends the pickle and writes the archive. */
    public Path write(Path file) {
        return write(file, ZipEntry.STORED);
    }

    Path write(Path file, int method) {
        op('.');
        return write(file, pickle.toByteArray(), method);
    }

    /** Writes the archive with another pickle. */
    Path write(Path file, byte[] other) {
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
