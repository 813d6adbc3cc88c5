package io.github.swscan.checkpoint;

import io.github.swscan.checkpoint.gguf.GgufMetadata;
import io.github.swscan.checkpoint.tensor.Codes;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.QuantizedBlocks;
import io.github.swscan.checkpoint.tensor.Scaling;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.ByteSource;
import io.github.swscan.input.ChangedInputException;
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
import java.util.function.LongUnaryOperator;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

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
    private static final int DECODED_AT_ONCE = 1 << 16;

    /** In bytes: what is read along to save further readings. */
    private static final int WINDOW = 1 << 16;

    /** In bytes: how far apart single elements are worth a reading each. */
    private static final int FAR_APART = 1 << 12;

    /** In bytes: how much of a piece is read in one go to be joined with others. */
    private static final int JOINED_AT_ONCE = 1 << 20;

    /** How many times as long as its elements is a part of a file that is read whole to pick them out. */
    private static final int SPARSE = 8;

    /** All that is watched: what told where the weights are, the weights, and what is read along with them. */
    private final Map<Path, ByteSource> sources;

    private final Map<Path, ByteSource> files;
    private final Map<String, TensorInfo> tensors;
    private final Map<String, String> storedNames;
    private final Optional<GgufMetadata> metadata;
    private final Optional<String> note;
    private volatile Optional<LatestScaling> latestScaling = Optional.empty();
    private volatile Optional<LatestDecoder> latestDecoder = Optional.empty();

    /** The scales of one tensor. Only the latest is kept: all of a large model's would take memory by the gigabyte. */
    private record LatestScaling(TensorInfo tensor, Scaling scaling) {}

    /** The same of codes. */
    private record LatestDecoder(TensorInfo tensor, Codes.Decoder decoder) {}

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
        Optional<String> note = index.flatMap(told -> note(told, tensors, overlaid));
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
        if (!tensor.equals(tensors.get(tensor.name()))) {
            throw new IllegalArgumentException("not a tensor of this checkpoint: " + tensor);
        }
        if (from < 0 || target.remaining() > tensor.bytes() - from) {
            throw new IllegalArgumentException(
                    "no slice of %d bytes from byte %d in %s".formatted(target.remaining(), from, tensor));
        }
        readStored(tensor, from, target);
    }

    private void readStored(TensorInfo tensor, long from, ByteBuffer target) {
        if (tensor.codes().isPresent()) {
            decode(tensor, from, target);
        } else if (tensor.pieces().isPresent()) {
            readPieces(tensor.pieces().get(), tensor.dtype(), from, target);
        } else if (tensor.isContiguous()) {
            files.get(tensor.file()).read(tensor.offset() + from, target);
        } else {
            gather(files.get(tensor.file()), tensor, from, target);
        }
    }

    private void decode(TensorInfo tensor, long from, ByteBuffer target) {
        if (from % Float.BYTES != 0 || target.remaining() % Float.BYTES != 0) {
            throw new IllegalArgumentException("part of an element of " + tensor);
        }
        decoder(tensor)
                .decode(
                        from / Float.BYTES,
                        target.duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer());
        target.position(target.limit());
    }

    private Codes.Decoder decoder(TensorInfo tensor) {
        Optional<LatestDecoder> latest = latestDecoder;
        if (latest.isPresent() && latest.get().tensor().equals(tensor)) {
            return latest.get().decoder();
        }
        Codes.Decoder decoder = tensor.codes().orElseThrow().decoder(this::readStored);
        latestDecoder = Optional.of(new LatestDecoder(tensor, decoder));
        return decoder;
    }

    /**
     * Pieces have their turns one after the other. Where turns are short, those of many rounds are read from each piece in
     * one go, and put where they belong.
     */
    private void readPieces(TensorInfo.Pieces pieces, DType dtype, long from, ByteBuffer target) {
        List<TensorInfo> tensors = pieces.tensors();
        long turn = dtype.bytes(pieces.run());
        long round = turn * tensors.size();
        int start = target.position();
        int end = target.limit();
        ByteBuffer turns = ByteBuffer.allocate(0);
        while (target.position() < end) {
            long at = from + target.position() - start;
            int left = end - target.position();
            int rounds = at % round == 0 ? (int) Math.min(left / round, JOINED_AT_ONCE / turn) : 0;
            if (rounds > 1) {
                int length = (int) (rounds * turn);
                turns = turns.capacity() < length ? ByteBuffer.allocate(length) : turns;
                for (int piece = 0; piece < tensors.size(); piece++) {
                    readStored(
                            tensors.get(piece), at / round * turn, turns.clear().limit(length));
                    putApart(turns.array(), (int) turn, rounds, target, (int) (piece * turn), (int) round);
                }
                target.position(target.position() + (int) (rounds * round));
            } else {
                long inTurn = at % turn;
                TensorInfo piece = tensors.get((int) (at % round / turn));
                target.limit(target.position() + (int) Math.min(left, turn - inTurn));
                readStored(piece, at / round * turn + inTurn, target);
                target.limit(end);
            }
        }
    }

    /** Puts runs of bytes that lie one after the other at equal distances, the first behind the target's position. */
    private static void putApart(byte[] runs, int length, int count, ByteBuffer target, int first, int distance) {
        for (int i = 0; i < count; i++) {
            target.put(target.position() + first + i * distance, runs, i * length, length);
        }
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
        if (tensor.codes().isPresent()) {
            tensor.codes().get().tensors().forEach(stored -> readAhead(stored, 0, stored.bytes()));
        } else if (tensor.pieces().isPresent()) {
            readPiecesAhead(tensor.pieces().get(), tensor.dtype(), from, length);
        } else if (tensor.isContiguous()) {
            files.get(tensor.file()).prefetch(tensor.offset() + from, length);
        }
    }

    private void readPiecesAhead(TensorInfo.Pieces pieces, DType dtype, long from, long length) {
        long turn = dtype.bytes(pieces.run());
        long round = turn * pieces.tensors().size();
        for (int piece = 0; piece < pieces.tensors().size(); piece++) {
            long before = piece * turn;
            LongUnaryOperator inPiece = at -> at / round * turn + Math.max(0, Math.min(turn, at % round - before));
            long first = inPiece.applyAsLong(from);
            readAhead(pieces.tensors().get(piece), first, inPiece.applyAsLong(from + length) - first);
        }
    }

    /** Elements that do not lie one after the other: picked out of the part of the file that they span, or one by one. */
    private static void gather(ByteSource file, TensorInfo tensor, long from, ByteBuffer target) {
        int size = tensor.dtype().bytes();
        if (from % size != 0 || target.remaining() % size != 0) {
            throw new IllegalArgumentException("part of an element of " + tensor);
        }
        long[] positions = LongStream.range(from / size, (from + target.remaining()) / size)
                .map(element -> tensor.place(element).offset())
                .toArray();
        long start = LongStream.of(positions).min().orElse(0);
        long span = LongStream.of(positions).max().orElse(0) + size - start;
        if (span > Math.min(Integer.MAX_VALUE, (long) SPARSE * target.remaining())) {
            for (long position : positions) {
                file.read(position, target.limit(target.position() + size));
            }
            return;
        }
        ByteBuffer spanned = ByteBuffer.allocate((int) span);
        file.read(start, spanned);
        for (long position : positions) {
            target.put(spanned.slice((int) (position - start), size));
        }
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
        if (first < 0 || count < 0 || stride < 0 || !has(tensor, first, count, stride)) {
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

    /** Whether elements are within a tensor; none may also be asked for at its end. */
    private static boolean has(TensorInfo tensor, long first, int count, long stride) {
        long left = tensor.elements() - first;
        return count == 0 ? left >= 0 : left > 0 && (stride == 0 || count - 1 <= (left - 1) / stride);
    }

    private float[] floatsOneByOne(TensorInfo tensor, long first, int count, long stride) {
        DType dtype = tensor.dtype();
        int size = dtype.bytes();
        long step = Math.multiplyExact(stride, size);
        int together = step > FAR_APART ? 1 : (int) Math.min(count, 1 + (WINDOW - size) / Math.max(1, step));
        ByteBuffer window = ByteBuffer.allocate((int) (Math.max(0, together - 1) * step) + size)
                .order(ByteOrder.LITTLE_ENDIAN);
        float[] values = new float[count];
        for (int done = 0; done < count; done += together) {
            int next = Math.min(together, count - done);
            window.clear().limit((int) ((next - 1) * step) + size);
            read(tensor, Math.multiplyExact(Math.addExact(first, Math.multiplyExact(done, stride)), size), window);
            dtype.read(window.flip(), step, values, done, next);
        }
        return values;
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
        read(tensor, dtype.bytes(first), ByteBuffer.wrap(bytes));
        float[] values = new float[Math.multiplyExact(blocks, dtype.blockElements())];
        QuantizedBlocks.decode(dtype, bytes, values);
        return values;
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
        DType dtype = tensor.dtype();
        int count = target.limit();
        if (first % dtype.blockElements() != 0 || count % dtype.blockElements() != 0) {
            throw new IllegalArgumentException("no whole blocks: %d elements from %d on".formatted(count, first));
        }
        ByteBuffer bytes = stored.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        Optional<Scaling> scaling = tensor.scales().map(scales -> scaling(tensor));
        IntStream.range(0, (int) Scaling.parts(count, DECODED_AT_ONCE))
                .parallel()
                .forEach(part -> {
                    int start = part * DECODED_AT_ONCE;
                    float[] values = new float[Math.min(DECODED_AT_ONCE, count - start)];
                    decode(dtype, bytes, start, values);
                    scaling.ifPresent(scales -> scales.apply(values, first + start, 1));
                    target.put(start, values);
                });
    }

    private static void decode(DType dtype, ByteBuffer stored, int start, float[] values) {
        int from = (int) dtype.bytes(start);
        if (dtype.isInBlocks()) {
            byte[] blocks = new byte[(int) dtype.bytes(values.length)];
            stored.get(from, blocks);
            QuantizedBlocks.decode(dtype, blocks, values);
        } else {
            int length = values.length * dtype.bytes();
            dtype.read(
                    stored.slice(from, length).order(ByteOrder.LITTLE_ENDIAN), dtype.bytes(), values, 0, values.length);
        }
    }

    private Scaling scaling(TensorInfo tensor) {
        Optional<LatestScaling> latest =
                latestScaling.filter(known -> known.tensor().equals(tensor));
        if (latest.isPresent()) {
            return latest.get().scaling();
        }
        TensorInfo.Scales scales = tensor.scales().orElseThrow();
        TensorInfo values = tensors.get(scales.tensor());
        float[] numbers = values.dtype() == DType.F8_E8M0
                ? powersOfTwo(values)
                : floats(values, 0, Math.toIntExact(values.elements()), 1);
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

    /** Scales that are exponents, 127 standing for one; the last exponent stands for NaN. */
    private float[] powersOfTwo(TensorInfo scales) {
        ByteBuffer exponents = ByteBuffer.allocate(Math.toIntExact(scales.bytes()));
        read(scales, 0, exponents);
        float[] powers = new float[exponents.capacity()];
        for (int i = 0; i < powers.length; i++) {
            int exponent = Byte.toUnsignedInt(exponents.get(i));
            powers[i] = exponent == 255 ? Float.NaN : Math.scalb(1f, exponent - 127);
        }
        return powers;
    }

    /** Lets go of the files that are open. Whoever reads again opens them again. */
    @Override
    public void close() {
        sources.values().forEach(ByteSource::close);
    }

    /** What the index says that is not so: what is stored decides, and whoever needs a tensor that nobody has misses it. */
    private static Optional<String> note(WeightIndex index, Map<String, TensorInfo> tensors, List<String> overlaid) {
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
        if (!overlaid.isEmpty()) {
            wrong.add("says which of several files " + named(overlaid) + " counts in");
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
