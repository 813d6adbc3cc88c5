package io.github.swscan.checkpoint;

import io.github.swscan.checkpoint.gguf.GgufMetadata;
import io.github.swscan.checkpoint.tensor.ByteBits;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.ByteSource;
import io.github.swscan.input.FileDigest;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.PrintableText;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/**
 * The tensors of a model, over all its weights files.
 *
 * <p>Opening reads and validates all headers, and none of the data. Data is read into memory of the caller when it is asked
 * for; nothing of the files is mapped into memory, and nothing is kept. A file is opened when it is first read from, and
 * {@link #close} lets go of all; what nobody closes is closed when the garbage collector finds that nobody can reach it.
 *
 * <p>Files must not change while they are read. The stamp of each is taken before it is opened, and {@link
 * #whileUnchanged} tells whether all are as they were. A file that has become too short for what is to be read of it is
 * refused at once.
 *
 * <p>Safe for use by several threads.
 */
public final class Checkpoint implements AutoCloseable {
    /** All that is watched: what told where the weights are, the weights, and what is read along with them. */
    private final Map<Path, ByteSource> sources;

    private final Map<Path, ByteSource> files;
    private final Map<String, TensorInfo> tensors;
    private final Map<String, String> storedNames;
    private final Optional<GgufMetadata> metadata;
    private final Optional<String> note;
    private final StoredBytes bytes;
    private final StoredNumbers numbers;

    private Checkpoint(
            Map<Path, ByteSource> sources,
            Map<Path, ByteSource> files,
            Map<String, TensorInfo> tensors,
            Map<String, String> storedNames,
            Optional<GgufMetadata> metadata,
            Optional<String> note) {
        this.sources = sources;
        this.files = files;
        this.tensors = Collections.unmodifiableMap(tensors);
        this.storedNames = Map.copyOf(storedNames);
        this.metadata = metadata;
        this.note = note;
        this.bytes = new StoredBytes(files);
        this.numbers = new StoredNumbers(this.tensors, bytes);
    }

    /**
     * Reads the headers of all weights files. An index only tells which files there are: all tensors that are in them are
     * part of the checkpoint, and no others. Of a tensor that is in several, the one counts that the index names. 8-bit floating-point tensors get the
     * scales that stand beside them.
     *
     * @throws io.github.swscan.input.InputException if a file cannot be read or is malformed, two files hold a tensor of
     *     the same name and no index says which counts, or scales do not fit their tensor
     * @throws ChangedInputException in place of that, if a file changed meanwhile
     */
    public static Checkpoint open(CheckpointLocation location) {
        return open(location, Checkpoint::once);
    }

    /**
     * The same where several files may hold tensors of the same name.
     *
     * @param joining makes one tensor of those that each name stands for, in the order of the files
     */
    public static Checkpoint open(
            CheckpointLocation location, Function<Map<String, List<TensorInfo>>, Map<String, TensorInfo>> joining) {
        Map<Path, ByteSource> sources = new ConcurrentSkipListMap<>();
        location.sources().forEach(source -> sources.put(source.name(), source));
        try {
            return open(location, sources, joining);
        } catch (RuntimeException failure) {
            sources.values().forEach(ByteSource::checkUnchanged);
            throw failure;
        }
    }

    private static Checkpoint open(
            CheckpointLocation location,
            Map<Path, ByteSource> sources,
            Function<Map<String, List<TensorInfo>>, Map<String, TensorInfo>> joining) {
        Map<Path, ByteSource> files = new LinkedHashMap<>();
        Map<String, List<TensorInfo>> found = new LinkedHashMap<>();
        List<GgufMetadata> metadata = new ArrayList<>();
        Optional<WeightIndex> index = location.index().map(sources::get).map(WeightIndex::read);
        for (Path path : location.weights()) {
            ByteSource file = sources.computeIfAbsent(path, location.repository()::source);
            files.put(path, file);
            WeightsFormat.Header header =
                    WeightsFormat.of(file).orElse(WeightsFormat.SAFETENSORS).read(file);
            header.metadata().ifPresent(metadata::add);
            for (TensorInfo tensor : header.tensors()) {
                found.computeIfAbsent(tensor.name(), name -> new ArrayList<>(1)).add(tensor);
            }
        }
        List<String> overlaid = new ArrayList<>();
        found.replaceAll((name, same) -> {
            List<TensorInfo> named = namedBy(index, same);
            if (named.size() < same.size()) {
                overlaid.add(name);
            }
            return named;
        });
        Map<String, TensorInfo> tensors = joining.apply(found);
        Optional<String> note = index.flatMap(told -> told.note(tensors, overlaid));
        metadata.forEach(part -> checkParts(part, metadata.size()));
        return new Checkpoint(
                sources,
                files,
                WeightScales.attached(tensors),
                Map.of(),
                metadata.stream().findFirst(),
                note);
    }

    /** Of tensors of one name the one in the file that the index names; all, if it names none of theirs. */
    private static List<TensorInfo> namedBy(Optional<WeightIndex> index, List<TensorInfo> same) {
        Optional<String> shard = index.filter(told -> same.size() > 1)
                .map(told -> told.weightMap().get(same.get(0).name()));
        return same.stream()
                .filter(tensor ->
                        shard.equals(Optional.of(tensor.file().getFileName().toString())))
                .findFirst()
                .map(List::of)
                .orElse(same);
    }

    private static Map<String, TensorInfo> once(Map<String, List<TensorInfo>> found) {
        Map<String, TensorInfo> tensors = new LinkedHashMap<>();
        found.forEach((name, same) -> {
            if (same.size() > 1) {
                throw twice(same);
            }
            tensors.put(name, same.get(0));
        });
        return tensors;
    }

    /** The refusal of a tensor that several files hold. */
    public static MalformedInputException twice(List<TensorInfo> same) {
        return new MalformedInputException(
                same.get(1).file(),
                same.get(1).name(),
                "is in " + PrintableText.quoted(same.get(0).file().getFileName().toString()) + " too",
                "remove the file that does not belong to the model");
    }

    private static void checkParts(GgufMetadata part, int found) {
        long parts = part.integer("split.count").orElse(1L);
        if (Math.max(1, parts) != found) {
            throw new MalformedInputException(
                    part.file(),
                    "split.count",
                    "says that the model has " + parts + " files, but " + found + " of its name "
                            + (found == 1 ? "is" : "are") + " there",
                    "download all of them into one folder");
        }
    }

    /**
     * The same checkpoint with other names for its tensors.
     *
     * @param names for each tensor's name the one that it gets; several, if its outermost dimension is to be taken apart
     *     into that many tensors; none, if it is to be left out
     * @throws io.github.swscan.input.InputException if two tensors get the same name, or a tensor cannot be taken apart in this way
     */
    public Checkpoint renamed(Function<String, List<String>> names) {
        Map<String, TensorInfo> renamed = new LinkedHashMap<>();
        Map<String, String> stored = new HashMap<>();
        for (TensorInfo tensor : tensors.values()) {
            List<String> given = names.apply(tensor.name());
            for (int part = 0; part < given.size(); part++) {
                TensorInfo view = given.size() == 1
                        ? tensor.named(given.get(0))
                        : tensor.part(part, given.size()).named(given.get(part));
                if (renamed.putIfAbsent(view.name(), view) != null) {
                    throw new MalformedInputException(
                            tensor.file(), tensor.name(), "is the second tensor that stands for " + view.name(), "");
                }
                stored.put(view.name(), tensor.name());
            }
        }
        return new Checkpoint(sources, files, renamed, stored, metadata, note);
    }

    /** The same checkpoint with further tensors, and others in place of those of the same names. */
    public Checkpoint with(List<TensorInfo> given) {
        Map<String, TensorInfo> more = new LinkedHashMap<>(tensors);
        given.forEach(tensor -> more.put(tensor.name(), tensor));
        return new Checkpoint(sources, files, more, storedNames, metadata, note);
    }

    /** The same checkpoint with the tensors of another place too, whose names get a prefix. */
    public Checkpoint with(String prefix, CheckpointLocation place) {
        Checkpoint opened = open(place);
        sources.putAll(opened.sources);
        Map<Path, ByteSource> all = new LinkedHashMap<>(files);
        all.putAll(opened.files);
        Map<String, TensorInfo> more = new LinkedHashMap<>(tensors);
        opened.tensors
                .values()
                .forEach(tensor -> more.put(prefix + tensor.name(), tensor.named(prefix + tensor.name())));
        return new Checkpoint(sources, all, more, storedNames, metadata, note);
    }

    /**
     * Has a further file that is read along with the model, such as its {@code config.json}, watched like the weights. To be
     * called before the file is opened.
     *
     * @return what to read it from: of several sources of one name the first that was given
     */
    public ByteSource watched(ByteSource file) {
        return Objects.requireNonNullElse(sources.putIfAbsent(file.name(), file), file);
    }

    /**
     * Does what reads from the files. If one of them is not as it was when it was opened, neither a result nor a failure
     * tells anything of the model.
     *
     * @throws ChangedInputException in place of either, if a file changed
     */
    public <T> T whileUnchanged(Supplier<T> work) {
        try {
            return work.get();
        } finally {
            checkUnchanged();
        }
    }

    /**
     * Looks at all files again.
     *
     * @throws ChangedInputException if one is not as it was when it was opened
     */
    public void checkUnchanged() {
        sources.values().forEach(ByteSource::checkUnchanged);
    }

    /**
     * The SHA-256 of all bytes of a weights file, in hexadecimal.
     *
     * @param read is told how many bytes were read, again and again
     * @throws InputException if it cannot be read
     */
    public String sha256(CheckpointFile file, LongConsumer read) {
        return FileDigest.sha256(files.get(file.path()), read);
    }

    /** What of the index is not so, in one sentence. */
    public Optional<String> note() {
        return note;
    }

    /** The name that a tensor has in its file. */
    public String storedName(TensorInfo tensor) {
        return storedNames.getOrDefault(tensor.name(), tensor.name());
    }

    /** What the files say of the model themselves, if they are of a format that does. */
    public Optional<GgufMetadata> metadata() {
        return metadata;
    }

    /** All tensors by name, in the order of the files and, within a file, of the data. Unmodifiable. */
    public Map<String, TensorInfo> tensors() {
        return tensors;
    }

    /** The tensor of that name, if there is one. */
    public Optional<TensorInfo> find(String name) {
        return Optional.ofNullable(tensors.get(name));
    }

    /** The weights files, in the order in which the tensors are listed. */
    public List<CheckpointFile> files() {
        return files.entrySet().stream()
                .map(file -> new CheckpointFile(
                        file.getKey(),
                        file.getKey().getFileName().toString(),
                        file.getValue().size()))
                .toList();
    }

    /**
     * Fills memory with a part of a tensor, as it is stored: little-endian.
     *
     * @param tensor one of {@link #tensors}
     * @param from where the part begins, in bytes from the start of the tensor
     * @param target is filled from its position to its limit; without a further copy if it is direct and the elements lie
     *     one after the other
     * @throws IllegalArgumentException if the tensor is not of this checkpoint, or the part is not within it
     * @throws io.github.swscan.input.InputException if the file has changed since it was opened, or cannot be read
     */
    public void read(TensorInfo tensor, long from, ByteBuffer target) {
        requireOwn(tensor);
        if (from < 0 || target.remaining() > tensor.bytes() - from) {
            throw new IllegalArgumentException(
                    "no slice of %d bytes from byte %d in %s".formatted(target.remaining(), from, tensor));
        }
        bytes.read(tensor, from, target);
    }

    /**
     * Has a part of a tensor read from the disk before it is needed. Does nothing where its elements do not lie one after
     * the other. May be called by any thread.
     *
     * @param tensor one of {@link #tensors}
     * @param from where the part begins, in bytes from the start of the tensor
     * @param length in bytes
     * @throws io.github.swscan.input.InputException if the file has changed since it was opened, or cannot be read
     */
    public void readAhead(TensorInfo tensor, long from, long length) {
        bytes.readAhead(tensor, from, length);
    }

    /**
     * Single elements of a tensor, as floats.
     *
     * @param tensor of a {@link DType#isComputable computable} type
     * @param first index of the first element, in stored order
     * @param count how many elements
     * @param stride from one element to the next, in elements
     * @throws IllegalArgumentException if an element is not within the tensor, or a number is negative
     * @throws io.github.swscan.input.InputException if the tensor has scales, and one of them is not finite
     */
    public float[] floats(TensorInfo tensor, long first, int count, long stride) {
        requireOwn(tensor);
        return numbers.floats(tensor, first, count, stride);
    }

    /**
     * Elements of a tensor that lie one after the other, as floats, from memory that {@link #read} has filled. For types that
     * the engine cannot compute with as they are stored. Uses all processors.
     *
     * @param tensor of a {@link DType#isComputable computable} type
     * @param first index of the first element, in stored order; where elements are stored in blocks, it begins one
     * @param stored whole elements or blocks, from index 0 on
     * @param target is filled with the elements from {@code first} on, whatever its position; whole blocks
     * @throws IllegalArgumentException if a block is cut
     * @throws io.github.swscan.input.InputException if the tensor has scales, and one of them is not finite
     */
    public void decode(TensorInfo tensor, long first, ByteBuffer stored, FloatBuffer target) {
        numbers.decode(tensor, first, stored, target);
    }

    /**
     * The codes of a quantized tensor, one by one.
     *
     * @param tensor one of {@link #tensors}
     * @return empty if it is not quantized, or its elements have no codes of their own
     */
    public Optional<CodedTensor> coded(TensorInfo tensor) {
        requireOwn(tensor);
        return StoredCodes.of(tensor).map(codes -> new CodedTensor(tensor, codes, bytes, numbers));
    }

    /** Some bits of a byte of a file. */
    public record FileBits(Path file, ByteBits bits) {}

    /**
     * All bits that a single element follows from: of its number or its code, and of the scales and zero points that it is
     * decoded with. To find those of a quantized one takes a while.
     *
     * @param tensor of a {@link DType#isComputable computable} type
     * @param element in row-major order
     */
    public List<FileBits> bitsOf(TensorInfo tensor, long element) {
        requireOwn(tensor);
        return DecidingBits.of(bytes, numbers, tensor, element);
    }

    private void requireOwn(TensorInfo tensor) {
        if (!tensor.equals(tensors.get(tensor.name()))) {
            throw new IllegalArgumentException("not a tensor of this checkpoint: " + tensor);
        }
    }

    /** Lets go of the files that are open. Whoever reads again opens them again. */
    @Override
    public void close() {
        sources.values().forEach(ByteSource::close);
    }
}
