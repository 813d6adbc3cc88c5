package io.github.swscan.forward;

import io.github.swscan.architecture.Block;
import io.github.swscan.architecture.Linear;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.checkpoint.DType;
import io.github.swscan.checkpoint.SafetensorsWriter;
import io.github.swscan.checkpoint.TensorInfo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Writes a copy of a checkpoint in which edits are really made. */
public final class EditedCheckpoint {

    private EditedCheckpoint() {}

    /**
     * Writes config.json and model.safetensors into a folder.
     *
     * @param original whose folder is copied
     * @param edits with values that the checkpoint's type can hold
     */
    public static void write(Path folder, Model model, Path original, List<WeightEdit> edits) {
        Checkpoint checkpoint = model.checkpoint();
        List<Linear> linears = Stream.concat(
                        model.architecture().blocks().stream().flatMap(Block::linears),
                        Stream.of(model.architecture().head().vocabulary()))
                .toList();
        Map<String, SafetensorsWriter.Tensor> tensors = new LinkedHashMap<>();
        for (TensorInfo tensor : checkpoint.tensors().values()) {
            byte[] bytes = new byte[(int) tensor.bytes()];
            checkpoint.bytes(tensor, 0, tensor.bytes()).get(bytes);
            ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            for (WeightEdit edit : edits) {
                if (edit.tensor().equals(tensor.name())) {
                    long element = linears.stream()
                            .filter(edit::isIn)
                            .findFirst()
                            .orElseThrow()
                            .elementIndex(edit.row(), edit.column());
                    put(buffer, tensor, (int) element, edit.value());
                }
            }
            tensors.put(tensor.name(), new SafetensorsWriter.Tensor(tensor.dtype(), tensor.shape(), bytes));
        }
        write(folder, original, tensors);
    }

    /** Writes a copy whose numbers are stored in float64; the tensors must be in float32. */
    public static void writeAsFloat64(Path folder, Model model, Path original) {
        Map<String, SafetensorsWriter.Tensor> tensors = new LinkedHashMap<>();
        for (TensorInfo tensor : model.checkpoint().tensors().values()) {
            float[] values = model.checkpoint().floats(tensor, 0, (int) tensor.elements(), 1);
            ByteBuffer bytes = ByteBuffer.allocate(values.length * 8).order(ByteOrder.LITTLE_ENDIAN);
            for (float value : values) {
                bytes.putDouble(value);
            }
            tensors.put(tensor.name(), new SafetensorsWriter.Tensor(DType.F64, tensor.shape(), bytes.array()));
        }
        write(folder, original, tensors);
    }

    private static void write(Path folder, Path original, Map<String, SafetensorsWriter.Tensor> tensors) {
        try {
            Path config = CheckpointLocation.find(original).config().orElseThrow();
            Files.copy(config, folder.resolve("config.json"));
            SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void put(ByteBuffer bytes, TensorInfo tensor, int element, float value) {
        switch (tensor.dtype()) {
            case F32 -> bytes.putFloat(element * 4, value);
            case BF16 -> bytes.putShort(element * 2, (short) (Float.floatToRawIntBits(value) >>> 16));
            case F16 -> bytes.putShort(element * 2, half(value));
            default -> throw new IllegalArgumentException("no edits in " + tensor.dtype());
        }
    }

    /** For values whose bits binary16 holds. */
    private static short half(float value) {
        int bits = Float.floatToRawIntBits(value);
        int sign = (bits >>> 16) & 0x8000;
        int exponent = ((bits >>> 23) & 0xFF) - 127 + 15;
        return value == 0 ? (short) sign : (short) (sign | (exponent << 10) | ((bits >>> 13) & 0x3FF));
    }
}
