package io.github.swscan.checkpoint;

import io.github.swscan.checkpoint.gguf.GgufMetadata;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.QuantizedBlocks;
import io.github.swscan.checkpoint.tensor.Scaling;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.ByteSource;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.PrintableText;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * The tensors of a model, over all its weights files.
 *
 * <p>Opening reads and validates all headers, and none of the data. Files of this machine are mapped into memory when
 * their data is first asked for, and none is mapped twice.
 *
 * <p>Lifetime: what {@link #bytes} gives is never handed back to the source. It stays as long as the buffer can be reached,
 * or, where it lies in a mapped file, this object, and goes when the garbage collector finds that neither can; there is
 * nothing to close, and no file is kept open. Native code that works on the memory must therefore see to it that the buffer
 * stays reachable; for a mapped file, this object will do. All other reading hands back what it was lent when it is done.
 *
 * <p>Files must not change while they are read. The stamp of each is taken before it is opened, and {@link
 * #whileUnchanged} tells whether all are as they were. A file that is shortened after it was mapped may end the process
 * before that.
 *
 * <p>Safe for use by several threads.
 */
public final class Checkpoint {
    /** The longest slice that {@link #bytes} gives, in bytes: 1 GiB. */
    public static final long MAX_SLICE = ByteSource.MAX_SLICE;

    private static final int DECODED_AT_ONCE = 1 << 16;

    /** All that is watched: what told where the weights are, the weights, and what is read along with them. */
    private final Map<Path, ByteSource> sources;

    private final Map<Path, ByteSource> files;
    private final Map<String, TensorInfo> tensors;
    private final Map<String, String> storedNames;
    private final Optional<GgufMetadata> metadata;
    private final Optional<String> note;
    private volatile Optional<LatestScaling> latestScaling = Optional.empty();

    /** The scales of one tensor. Only the latest is kept: all of a large model's would take memory by the gigabyte. */
    private record LatestScaling(TensorInfo tensor, Scaling scaling) {}

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
    }

    /**
     * Reads the headers of all weights files. An index only tells which files there are: all tensors that are in them are
     * part of the checkpoint, and no others. 8-bit floating-point tensors get the
     * scales that stand beside them.
     *
     * @throws io.github.swscan.input.InputException if a file cannot be read or is malformed, two files hold a tensor of the same name, or scales do not fit their tensor
     */
    public static Checkpoint open(CheckpointLocation location) {
        Map<Path, ByteSource> sources = new ConcurrentSkipListMap<>();
        location.sources().forEach(source -> sources.put(source.name(), source));
        Map<Path, ByteSource> files = new LinkedHashMap<>();
        Map<String, TensorInfo> tensors = new LinkedHashMap<>();
        List<GgufMetadata> metadata = new ArrayList<>();
        for (Path path : location.weights()) {
            ByteSource file = sources.computeIfAbsent(path, location.repository()::source);
            files.put(path, file);
            WeightsFormat.Header header =
                    WeightsFormat.of(file).orElse(WeightsFormat.SAFETENSORS).read(file);
            header.metadata().ifPresent(metadata::add);
            for (TensorInfo tensor : header.tensors()) {
                TensorInfo other = tensors.putIfAbsent(tensor.name(), tensor);
                if (other != null) {
                    throw new MalformedInputException(
                            path,
                            tensor.name(),
                            "is in "
                                    + PrintableText.quoted(
                                            other.file().getFileName().toString()) + " too",
                            "remove the file that does not belong to the model");
                }
            }
        }
        Optional<String> note =
                location.index().map(sources::get).map(WeightIndex::read).flatMap(index -> note(index, tensors));
        metadata.forEach(part -> checkParts(part, metadata.size()));
        return new Checkpoint(
                sources,
                files,
                WeightScales.attached(tensors),
                Map.of(),
                metadata.stream().findFirst(),
                note);
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
     * A part of a tensor, straight from the source: of a file of this machine nothing is copied, and the disk is read when
     * the memory is. Only a tensor whose elements do not lie one after the other is copied, part by part.
     *
     * @param tensor one of {@link #tensors}
     * @param from where the part begins, in bytes from the start of the tensor
     * @param length the length of the part in bytes, at most {@link #MAX_SLICE}
     * @return a direct, read-only, little-endian buffer of its own, with position 0 and the limit at {@code length}. Its
     *     address need not be a multiple of the element size: the format does not ask for it
     * @throws IllegalArgumentException if the tensor is not of this checkpoint, or the part is not within it or too long
     * @throws io.github.swscan.input.InputException if the file has changed since it was opened, or cannot be mapped
     */
    public ByteBuffer bytes(TensorInfo tensor, long from, long length) {
        return slice(tensor, from, length).bytes();
    }

    /** The same, of which the caller keeps nothing beyond its end. */
    private ByteSource.Slice slice(TensorInfo tensor, long from, long length) {
        if (!tensor.equals(tensors.get(tensor.name()))) {
            throw new IllegalArgumentException("not a tensor of this checkpoint: " + tensor);
        }
        if (from < 0 || length < 0 || length > MAX_SLICE || length > tensor.bytes() - from) {
            throw new IllegalArgumentException(
                    "no slice of %d bytes from byte %d in %s".formatted(length, from, tensor));
        }
        ByteSource file = files.get(tensor.file());
        if (!tensor.isContiguous()) {
            return new ByteSource.Slice(gathered(file, tensor, from, (int) length), () -> {});
        }
        ByteSource.Slice slice = file.slice(tensor.offset() + from, (int) length);
        return new ByteSource.Slice(slice.bytes().order(ByteOrder.LITTLE_ENDIAN), slice.end());
    }

    /**
     * Has a part of a tensor read from the disk before it is needed. Does nothing where its elements do not lie one after
     * the other. May be called by any thread.
     *
     * @param tensor one of {@link #tensors}
     * @param from where the part begins, in bytes from the start of the tensor
     * @param length in bytes, at most {@link #MAX_SLICE}
     * @throws io.github.swscan.input.InputException if the file has changed since it was opened, or cannot be mapped
     */
    public void readAhead(TensorInfo tensor, long from, long length) {
        if (tensor.isContiguous()) {
            files.get(tensor.file()).prefetch(tensor.offset() + from, (int) length);
        }
    }

    /** Elements that do not lie one after the other, copied. */
    private static ByteBuffer gathered(ByteSource file, TensorInfo tensor, long from, int length) {
        int size = tensor.dtype().bytes();
        if (from % size != 0 || length % size != 0) {
            throw new IllegalArgumentException("part of an element of " + tensor);
        }
        ByteBuffer bytes = ByteBuffer.allocateDirect(length).order(ByteOrder.LITTLE_ENDIAN);
        long first = from / size;
        for (long element = first; element < first + length / size; element++) {
            try (ByteSource.Slice stored = file.slice(tensor.position(element), size)) {
                bytes.put(stored.bytes());
            }
        }
        return bytes.flip().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Single elements of a tensor, as floats.
     *
     * @param tensor of a {@link DType#isComputable computable} type
     * @param first index of the first element, in stored order
     * @param count how many elements
     * @param stride from one element to the next, in elements; the elements span at most {@link #MAX_SLICE} bytes
     * @throws IllegalArgumentException if an element is not within the tensor, or a number is negative
     * @throws io.github.swscan.input.InputException if the tensor has scales, and one of them is not finite
     */
    public float[] floats(TensorInfo tensor, long first, int count, long stride) {
        if (first < 0 || count < 0 || stride < 0) {
            throw new IllegalArgumentException(
                    "no %d elements from %d on, each %d apart".formatted(count, first, stride));
        }
        float[] values = tensor.dtype().isInBlocks()
                ? floatsInBlocks(tensor, first, count, stride)
                : floatsOneByOne(tensor, first, count, stride);
        if (tensor.scales().isPresent()) {
            scaling(tensor).apply(values, first, stride);
        }
        return values;
    }

    private float[] floatsOneByOne(TensorInfo tensor, long first, int count, long stride) {
        int size = tensor.dtype().bytes();
        long spanned = count == 0 ? 0 : Math.addExact(Math.multiplyExact(count - 1L, stride), 1);
        try (ByteSource.Slice stored =
                slice(tensor, Math.multiplyExact(first, size), Math.multiplyExact(spanned, size))) {
            float[] values = new float[count];
            tensor.dtype().read(stored.bytes(), stride * size, values);
            return values;
        }
    }

    private float[] floatsInBlocks(TensorInfo tensor, long first, int count, long stride) {
        if (stride == 1 && count > 0) {
            int blockElements = tensor.dtype().blockElements();
            int before = (int) (first % blockElements);
            float[] blocks = blocks(tensor, first - before, before + count);
            return blocks.length == count ? blocks : Arrays.copyOfRange(blocks, before, before + count);
        }
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = floatsInBlocks(tensor, Math.addExact(first, Math.multiplyExact(i, stride)), 1, 1)[0];
        }
        return values;
    }

    /** All elements of the blocks that hold some elements, the first of which begins a block. */
    private float[] blocks(TensorInfo tensor, long first, int count) {
        DType dtype = tensor.dtype();
        int blocks = Math.toIntExact(Scaling.parts(count, dtype.blockElements()));
        byte[] bytes = new byte[Math.multiplyExact(blocks, dtype.bytes())];
        try (ByteSource.Slice stored = slice(tensor, dtype.bytes(first), bytes.length)) {
            stored.bytes().get(bytes);
        }
        float[] values = new float[Math.multiplyExact(blocks, dtype.blockElements())];
        QuantizedBlocks.decode(dtype, bytes, values);
        return values;
    }

    /**
     * Elements of a tensor that lie one after the other, as floats. For types that the engine cannot compute with as they
     * are stored. Uses all processors.
     *
     * @param tensor of a {@link DType#isComputable computable} type
     * @param first index of the first element, in stored order
     * @param target is filled with the elements from {@code first} on, whatever its position
     * @throws IllegalArgumentException if an element is not within the tensor
     */
    public void decode(TensorInfo tensor, long first, FloatBuffer target) {
        int count = target.limit();
        IntStream.range(0, (int) Scaling.parts(count, DECODED_AT_ONCE))
                .parallel()
                .forEach(part -> {
                    int start = part * DECODED_AT_ONCE;
                    target.put(start, floats(tensor, first + start, Math.min(DECODED_AT_ONCE, count - start), 1));
                });
    }

    private Scaling scaling(TensorInfo tensor) {
        Optional<LatestScaling> latest =
                latestScaling.filter(known -> known.tensor().equals(tensor));
        if (latest.isPresent()) {
            return latest.get().scaling();
        }
        TensorInfo.Scales scales = tensor.scales().orElseThrow();
        TensorInfo values = tensors.get(scales.tensor());
        float[] numbers = floats(values, 0, Math.toIntExact(values.elements()), 1);
        for (float number : numbers) {
            if (!Float.isFinite(number)) {
                throw new MalformedInputException(
                        values.file(), values.name(), "holds the scale " + number, "download the file again");
            }
        }
        Scaling scaling = new Scaling(tensor.shape(), scales, numbers);
        latestScaling = Optional.of(new LatestScaling(tensor, scaling));
        return scaling;
    }

    /** What the index says that is not so: what is stored decides, and whoever needs a tensor that nobody has misses it. */
    private static Optional<String> note(WeightIndex index, Map<String, TensorInfo> tensors) {
        List<String> missing = new ArrayList<>();
        List<String> elsewhere = new ArrayList<>();
        index.weightMap().forEach((name, shard) -> {
            TensorInfo tensor = tensors.get(name);
            if (tensor == null) {
                missing.add(name);
            } else if (!tensor.file().getFileName().toString().equals(shard)) {
                elsewhere.add(name);
            }
        });
        List<String> wrong = new ArrayList<>();
        if (!missing.isEmpty()) {
            wrong.add("names " + named(missing) + ", which no file has");
        }
        if (!elsewhere.isEmpty()) {
            wrong.add("looks for " + named(elsewhere) + " in another file");
        }
        String file = index.file().getFileName().toString();
        return wrong.isEmpty()
                ? Optional.empty()
                : Optional.of("The index " + PrintableText.quoted(file) + " " + String.join(" and ", wrong) + ".");
    }

    private static String named(List<String> tensors) {
        String first = PrintableText.quoted(tensors.get(0));
        return tensors.size() == 1 ? first : first + " and " + (tensors.size() - 1) + " more";
    }
}
