package io.github.swscan.checkpoint;

import io.github.swscan.checkpoint.gguf.GgufFile;
import io.github.swscan.checkpoint.gguf.GgufMetadata;
import io.github.swscan.checkpoint.pytorch.PyTorchFile;
import io.github.swscan.checkpoint.safetensors.SafetensorsHeader;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.ByteSource;
import io.github.swscan.input.GitLfsPointer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A format of weights files: which files are of it, and how their headers are read. */
enum WeightsFormat {
    SAFETENSORS(name -> name.endsWith(".safetensors"), file -> Header.of(SafetensorsHeader.read(file))),
    PYTORCH(Pattern.compile(".+\\.(bin|pt|pth|ckpt)").asMatchPredicate(), file -> Header.of(PyTorchFile.read(file))),
    GGUF(name -> name.endsWith(GgufFile.SUFFIX), file -> Header.of(GgufFile.read(file)));

    /**
     * What is in a weights file, without the data.
     *
     * @param tensors in an order that is always the same
     * @param metadata what the file says of the model, if the format has that
     */
    record Header(List<TensorInfo> tensors, Optional<GgufMetadata> metadata) {

        private static Header of(List<TensorInfo> tensors) {
            return new Header(tensors, Optional.empty());
        }

        private static Header of(GgufFile file) {
            return new Header(file.tensors(), Optional.of(file.metadata()));
        }
    }

    /** In bytes from the start. */
    private static final int TELLING = 9;

    private static final int GGUF_MAGIC = 0x46554747; // "GGUF"
    private static final int ZIP_MAGIC = 0x04034b50; // "PK" and the number of an entry's header
    private static final int PICKLE_PROTOCOL = 0x80;

    @SuppressWarnings("ImmutableEnumChecker") // the predicates have no state
    private final Predicate<String> fileName;

    @SuppressWarnings("ImmutableEnumChecker") // nor have the readers
    private final Function<ByteSource, Header> reader;

    WeightsFormat(Predicate<String> fileName, Function<ByteSource, Header> reader) {
        this.fileName = fileName;
        this.reader = reader;
    }

    /** The format that a file is named like. */
    static Optional<WeightsFormat> of(Path file) {
        return Stream.of(values()).filter(format -> format.recognizes(file)).findFirst();
    }

    /** The format that a file's first bytes are of, whatever its name; else the one that it is named like. */
    static Optional<WeightsFormat> of(ByteSource file) {
        return ofContent(file).or(() -> of(file.name()));
    }

    private static Optional<WeightsFormat> ofContent(ByteSource file) {
        byte[] start;
        try (InputStream input = file.stream()) {
            start = input.readNBytes(TELLING);
        } catch (IOException e) {
            throw file.unreadable(e);
        }
        if (start.length < TELLING) {
            return Optional.empty();
        }
        ByteBuffer numbers = ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN);
        long header = numbers.getLong(0); // of the other formats, far more than a header has
        if (header > 0 && header <= SafetensorsHeader.MAX_HEADER_SIZE && start[Long.BYTES] == '{') {
            return Optional.of(SAFETENSORS);
        }
        int magic = numbers.getInt(0);
        if (magic == GGUF_MAGIC) {
            return Optional.of(GGUF);
        }
        boolean pickle = Byte.toUnsignedInt(start[0]) == PICKLE_PROTOCOL && start[1] >= 2 && start[1] <= 5;
        return magic == ZIP_MAGIC || pickle ? Optional.of(PYTORCH) : Optional.empty();
    }

    /** Whether a file is named like one of this format. */
    boolean recognizes(Path file) {
        return fileName.test(file.getFileName().toString());
    }

    /**
     * Reads which tensors a file holds, and none of their data.
     *
     * @throws io.github.swscan.input.InputException if the file cannot be read or breaks a rule of the format
     */
    Header read(ByteSource file) {
        GitLfsPointer.refuse(file);
        return reader.apply(file);
    }
}
