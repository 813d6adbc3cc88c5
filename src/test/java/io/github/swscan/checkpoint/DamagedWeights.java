package io.github.swscan.checkpoint;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Checkpoints in which single numbers are overwritten. */
public final class DamagedWeights {

    private DamagedWeights() {}

    /** Copies config.json, the tokenizer and model.safetensors of a checkpoint into a folder that is made for it. */
    public static Path copy(Path original, Path to) {
        try {
            Files.createDirectories(to);
            for (String name : List.of("config.json", "tokenizer.json", "model.safetensors")) {
                if (Files.exists(original.resolve(name))) {
                    Files.copy(original.resolve(name), to.resolve(name));
                }
            }
            return to;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /**
     * Overwrites one number.
     *
     * @param element its index in the tensor, in stored order
     * @param value one that the tensor's type can hold
     */
    public static void put(Path checkpoint, String tensor, long element, float value) {
        TensorInfo info = Checkpoint.open(CheckpointLocation.find(checkpoint))
                .find(tensor)
                .orElseThrow();
        ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        switch (info.dtype()) {
            case F32 -> bytes.putFloat(value);
            case BF16 -> bytes.putShort((short) (Float.floatToRawIntBits(value) >>> 16));
            default -> throw new IllegalArgumentException(tensor + " has type " + info.dtype());
        }
        try (RandomAccessFile file = new RandomAccessFile(info.file().toFile(), "rw")) {
            file.seek(info.position(element));
            file.write(bytes.array(), 0, bytes.position());
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
