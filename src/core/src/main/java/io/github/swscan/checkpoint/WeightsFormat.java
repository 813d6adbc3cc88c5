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
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A format of weights files: which files are of it, and how their headers are read. */
enum WeightsFormat {
    SAFETENSORS(
            "safetensors",
            name -> name.endsWith(".safetensors"),
            SafetensorsHeader::beginsLikeOne,
            file -> Header.of(SafetensorsHeader.read(file))),
    PYTORCH(
            "PyTorch",
            Pattern.compile(".+\\.(bin|pt|pth|ckpt)").asMatchPredicate(),
            PyTorchFile::beginsLikeOne,
            file -> Header.of(PyTorchFile.read(file))),
    GGUF(
            "GGUF",
            name -> name.endsWith(GgufFile.SUFFIX),
            GgufFile::beginsLikeOne,
            file -> Header.of(GgufFile.read(file)));

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

    private final String label;

    @SuppressWarnings("ImmutableEnumChecker") // the predicates have no state
    private final Predicate<String> fileName;

    @SuppressWarnings("ImmutableEnumChecker")
    private final Predicate<byte[]> start;

    @SuppressWarnings("ImmutableEnumChecker") // nor have the readers
    private final Function<ByteSource, Header> reader;

    WeightsFormat(
            String label, Predicate<String> fileName, Predicate<byte[]> start, Function<ByteSource, Header> reader) {
        this.label = label;
        this.fileName = fileName;
        this.start = start;
        this.reader = reader;
    }

    /** What it is called. */
    String label() {
        return label;
    }

    /** The format that a file is named like. */
    static Optional<WeightsFormat> of(Path file) {
        return Stream.of(values()).filter(format -> format.recognizes(file)).findFirst();
    }

    /**
     * The format that a file's first bytes are of, whatever its name; else the one that it is named like.
     *
     * @throws io.github.swscan.input.InputException if the file cannot be read, or is something else: a pointer of Git
     *     LFS, or one of {@link ForeignFile}
     */
    static Optional<WeightsFormat> of(ByteSource file) {
        try (InputStream input = file.stream()) {
            byte[] start = input.readNBytes(ForeignFile.TELLING);
            GitLfsPointer.refuse(file.name(), start);
            Optional<WeightsFormat> found = Stream.of(values())
                    .filter(format -> format.start.test(start))
                    .findFirst();
            if (found.isEmpty()) {
                ForeignFile.of(file, start).ifPresent(problem -> {
                    throw problem;
                });
            }
            return found.or(() -> of(file.name()));
        } catch (IOException e) {
            throw file.unreadable(e);
        }
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
        return reader.apply(file);
    }
}
