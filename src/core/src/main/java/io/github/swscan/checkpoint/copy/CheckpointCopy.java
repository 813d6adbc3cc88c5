package io.github.swscan.checkpoint.copy;

import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointFile;
import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.checkpoint.CodedElement;
import io.github.swscan.checkpoint.CodedTensor;
import io.github.swscan.checkpoint.tensor.ByteBits;
import io.github.swscan.checkpoint.tensor.CodePlace;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.ChangedInputException;
import io.github.swscan.input.LocalSource;
import io.github.swscan.input.UnsupportedInputException;
import io.github.swscan.output.AtomicFolder;
import io.github.swscan.output.InPlaceEdit;
import io.github.swscan.output.OutputFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.LongConsumer;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A copy of a checkpoint in which some weights have other values, for other programs to try.
 *
 * <p>Safetensors or GGUF in, the same out: all bits but those of the changed weights are the original's. The folder appears
 * whole or not at all; if the process is asked to end meanwhile, or the original changes, what was written goes.
 */
public final class CheckpointCopy {

    private static final Pattern WEIGHTS = Pattern.compile(".+\\.(safetensors|bin|pt|pth|gguf|index\\.json)");

    private static final int COPIED_AT_ONCE = 1 << 20;

    private final CheckpointLocation location;
    private final Checkpoint checkpoint;

    public CheckpointCopy(CheckpointLocation location, Checkpoint checkpoint) {
        this.location = location;
        this.checkpoint = checkpoint;
    }

    /**
     * A weight that gets another value.
     *
     * @param tensor its name
     * @param element which of the tensor's elements, in stored order
     */
    public record Change(String tensor, long element, float value) {}

    /**
     * What is written for a change.
     *
     * @param value what the weight is in the copy: the nearest to the one that it should get
     * @param code the code that stands for it; empty for plain numbers
     * @param file the file that is changed
     * @param bytes its bytes that are, and what they become
     */
    public record Written(Change change, float value, OptionalInt code, Path file, List<ByteBits> bytes) {

        /** Whether the weight is in the copy what it should be. */
        public boolean isExact() {
            return value == change.value();
        }
    }

    /**
     * Finds out whether a copy can be written, so that a long run does not end in vain.
     *
     * @param folder must not exist, or be empty; the folder that it is to be in must exist
     * @throws UnsupportedInputException if the weights are in files of a format that is not written
     * @throws OutputFailure if it cannot be written there
     */
    public void check(Path folder) {
        for (CheckpointFile file : checkpoint.files()) {
            if (!file.name().endsWith(".safetensors") && checkpoint.metadata().isEmpty()) {
                throw new UnsupportedInputException(
                        file.path(),
                        "",
                        "is neither a safetensors nor a GGUF file, and no other is written",
                        "save it as safetensors first, for instance with from_pretrained and save_pretrained of"
                                + " transformers");
            }
        }
        AtomicFolder.check(folder);
    }

    /**
     * What is to be written for changes: of a weight that is stored as a code, the code whose number comes nearest. Other
     * codes, and scales, stay as they are.
     *
     * @throws UnsupportedInputException if a weight is of a type that cannot be written
     */
    public List<Written> written(List<Change> changes) {
        Map<String, Optional<CodedTensor>> coded = new HashMap<>();
        return changes.stream()
                .map(change -> {
                    TensorInfo tensor = checkpoint.find(change.tensor()).orElseThrow();
                    return coded.computeIfAbsent(change.tensor(), name -> checkpoint.coded(tensor))
                            .map(codes -> code(change, codes.at(change.element())))
                            .orElseGet(() -> number(change, tensor));
                })
                .toList();
    }

    private static Written code(Change change, CodedElement element) {
        CodedElement.Choice nearest = element.nearest(change.value());
        CodePlace place = element.place();
        return new Written(
                change,
                nearest.value(),
                OptionalInt.of(place.number(nearest.bits())),
                place.place().file(),
                place.bytesOfFile(nearest.bits()));
    }

    private static Written number(Change change, TensorInfo tensor) {
        DType dtype = tensor.dtype();
        if (tensor.isQuantized() || !dtype.isWritable()) {
            throw new UnsupportedInputException(
                    tensor.file(),
                    tensor.name(),
                    "weights of type " + tensor.storedType() + " cannot be written one by one",
                    "write a copy of the checkpoint that it was quantized from");
        }
        ByteBuffer bytes = ByteBuffer.allocate(dtype.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        dtype.put(bytes, 0, change.value());
        TensorInfo.Place place = tensor.place(change.element());
        List<ByteBits> all = IntStream.range(0, dtype.bytes())
                .mapToObj(i -> new ByteBits(place.offset() + i, 0xFF, Byte.toUnsignedInt(bytes.get(i))))
                .toList();
        return new Written(change, dtype.floatAt(bytes, 0), OptionalInt.empty(), place.file(), all);
    }

    /**
     * Writes the copy.
     *
     * @param folder such that {@link #check} accepts it
     * @param changes what {@link #written} gave
     * @param bytesWritten is told of every part that is copied, in bytes
     * @throws OutputFailure if writing fails
     * @throws ChangedInputException if the original changed since it was opened, or another file while it was copied
     */
    public void write(Path folder, List<Written> changes, LongConsumer bytesWritten) {
        check(folder);
        Map<Path, List<ByteBits>> byFile = new HashMap<>();
        changes.forEach(change ->
                byFile.computeIfAbsent(change.file(), file -> new ArrayList<>()).addAll(change.bytes()));
        writeBytes(folder, byFile, bytesWritten);
    }

    /**
     * Writes a copy in which some bytes are others, of files of any format. For bytes that a file is known to have had: there
     * may be sums over them in it.
     *
     * @param folder must not exist, or be empty; the folder that it is to be in must exist
     * @param changes by the file that they are in, counted from its start
     * @param bytesWritten as above
     * @throws OutputFailure as above
     * @throws ChangedInputException as above
     */
    public void writeBytes(Path folder, Map<Path, List<ByteBits>> changes, LongConsumer bytesWritten) {
        AtomicFolder.check(folder);
        try (AtomicFolder copy = new AtomicFolder(folder)) {
            for (Map.Entry<Path, Path> file : files().entrySet()) {
                Path target = copy.file(file.getKey());
                copy(file.getValue(), target, bytes -> {
                    bytesWritten.accept(bytes);
                    copy.pause();
                });
                change(target, changes.getOrDefault(file.getValue(), List.of()));
            }
            checkpoint.checkUnchanged();
            copy.complete();
        } catch (IOException e) {
            throw new OutputFailure(folder, "cannot be written: " + OutputFailure.reason(e), e);
        }
    }

    /** How many bytes a copy has. */
    public long bytes() {
        try {
            long bytes = 0;
            for (Path file : files().values()) {
                bytes += Files.size(file);
            }
            return bytes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What is copied: from the name in the copy to the file. Of a folder all, else the weights and what is no weights. */
    private Map<Path, Path> files() throws IOException {
        Map<Path, Path> files = new LinkedHashMap<>();
        checkpoint.files().forEach(file -> files.put(file.path().getFileName(), file.path()));
        location.index().ifPresent(index -> files.put(index.getFileName(), index));
        Path folder = location.repository().name();
        boolean whole = Files.isDirectory(location.model());
        try (Stream<Path> found = whole ? Files.walk(folder, FileVisitOption.FOLLOW_LINKS) : Files.list(folder)) {
            found.filter(Files::isRegularFile)
                    .filter(file -> !isInHiddenFolder(folder.relativize(file)))
                    .filter(file -> !file.endsWith(InPlaceEdit.JOURNAL))
                    .filter(file -> whole
                            || !WEIGHTS.matcher(file.getFileName().toString()).matches())
                    .sorted()
                    .forEach(file -> files.putIfAbsent(folder.relativize(file), file));
        }
        return files;
    }

    private static boolean isInHiddenFolder(Path file) {
        for (Path part : file) {
            if (part.toString().startsWith(".") && !part.equals(file.getFileName())) {
                return true;
            }
        }
        return false;
    }

    private static void copy(Path from, Path to, LongConsumer bytesWritten) throws IOException {
        LocalSource file = LocalSource.of(from);
        ByteBuffer part = ByteBuffer.allocateDirect(COPIED_AT_ONCE);
        try (FileChannel target = FileChannel.open(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (long done = 0; done < file.size(); done += part.limit()) {
                part.clear().limit((int) Math.min(COPIED_AT_ONCE, file.size() - done));
                file.read(done, part);
                part.flip();
                while (part.hasRemaining()) {
                    target.write(part);
                }
                bytesWritten.accept(part.limit());
            }
        } finally {
            file.close();
        }
        file.checkUnchanged();
    }

    private static void change(Path file, List<ByteBits> changes) throws IOException {
        if (changes.isEmpty()) {
            return;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            for (ByteBits bits : changes) {
                channel.read(one.clear(), bits.index());
                one.put(0, bits.in(one.get(0)));
                channel.write(one.rewind(), bits.index());
            }
        }
    }
}
