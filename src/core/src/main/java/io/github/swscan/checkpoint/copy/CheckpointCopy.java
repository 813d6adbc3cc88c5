package io.github.swscan.checkpoint.copy;

import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointFile;
import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.ChangedInputException;
import io.github.swscan.input.LocalSource;
import io.github.swscan.input.UnsupportedInputException;
import io.github.swscan.output.AtomicFolder;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A copy of a checkpoint in which some weights have other values, for other programs to try.
 *
 * <p>Safetensors in, safetensors out: all bytes but those of the changed weights are the original's. The folder appears
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

    /** A change, and where it is to be written. */
    private record Element(DType dtype, TensorInfo.Place place, float value) {}

    /**
     * Finds out whether a copy can be written, so that a long run does not end in vain.
     *
     * @param folder must not exist, or be empty; the folder that it is to be in must exist
     * @param changes the weights that get another value
     * @throws UnsupportedInputException if a weight is of a type that cannot be written
     * @throws OutputFailure if it cannot be written there
     */
    public void check(Path folder, List<Change> changes) {
        check(folder);
        changes.forEach(this::element);
    }

    /**
     * The same before it is known what is to be changed.
     *
     * @throws UnsupportedInputException if the weights are not in safetensors files
     * @throws OutputFailure if it cannot be written there
     */
    public void check(Path folder) {
        for (CheckpointFile file : checkpoint.files()) {
            if (!file.name().endsWith(".safetensors")) {
                throw new UnsupportedInputException(
                        file.path(),
                        "",
                        "is not a safetensors file, and no other is written",
                        "save it as safetensors first, for instance with from_pretrained (of GGUF with gguf_file=NAME)"
                                + " and save_pretrained of transformers");
            }
        }
        AtomicFolder.check(folder);
    }

    /**
     * Writes the copy.
     *
     * @param changes such that {@link #check} accepts
     * @param bytesWritten is told of every part that is copied, in bytes
     * @throws OutputFailure if writing fails
     * @throws ChangedInputException if the original changed since it was opened, or another file while it was copied
     */
    public void write(Path folder, List<Change> changes, LongConsumer bytesWritten) {
        check(folder, changes);
        List<Element> elements = changes.stream().map(this::element).toList();
        try (AtomicFolder copy = new AtomicFolder(folder)) {
            for (Map.Entry<Path, Path> file : files().entrySet()) {
                Path target = copy.file(file.getKey());
                copy(file.getValue(), target, bytes -> {
                    bytesWritten.accept(bytes);
                    copy.pause();
                });
                List<Element> here = elements.stream()
                        .filter(element -> element.place().file().equals(file.getValue()))
                        .toList();
                change(target, here);
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

    private Element element(Change change) {
        TensorInfo tensor = checkpoint.find(change.tensor()).orElseThrow();
        if (!tensor.dtype().isWritable()
                || tensor.scales().isPresent()
                || tensor.codes().isPresent()) {
            throw new UnsupportedInputException(
                    tensor.file(), tensor.name(), "weights of type " + tensor.storedType() + " cannot be written", "");
        }
        return new Element(tensor.dtype(), tensor.place(change.element()), change.value());
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

    private static void change(Path file, List<Element> elements) throws IOException {
        if (elements.isEmpty()) {
            return;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            for (Element element : elements) {
                ByteBuffer bytes = ByteBuffer.allocate(element.dtype().bytes()).order(ByteOrder.LITTLE_ENDIAN);
                element.dtype().put(bytes, 0, element.value());
                channel.write(bytes.rewind(), element.place().offset());
            }
        }
    }
}
