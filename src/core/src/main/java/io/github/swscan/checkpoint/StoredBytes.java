package io.github.swscan.checkpoint;

import io.github.swscan.checkpoint.tensor.Codes;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.ByteSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongUnaryOperator;
import java.util.stream.LongStream;

/**
 * The bytes of tensors in the files that hold them: as they lie there, picked out, joined from pieces, or decoded from codes.
 *
 * <p>Safe for use by several threads.
 */
final class StoredBytes {
    /** In bytes: how much of a piece is read in one go to be joined with others. */
    private static final int JOINED_AT_ONCE = 1 << 20;

    /** How many times as long as its elements is a part of a file that is read whole to pick them out. */
    private static final int SPARSE = 8;

    private final Map<Path, ByteSource> files;
    private final Overlay overlay;
    private volatile Optional<LatestDecoder> latestDecoder = Optional.empty();

    /** The decoder of one tensor. Only the latest is kept: all of a large model's would take memory by the gigabyte. */
    private record LatestDecoder(TensorInfo tensor, Codes.Decoder decoder) {}

    /** Looks at, or changes, each part of a tensor that has been read. */
    @FunctionalInterface
    interface Overlay {

        /**
         * Is given a part of a tensor, whether that lies in a file or follows from others.
         *
         * @param from where the part begins, in bytes from the start of the tensor
         * @param read holds the part from index {@code start} on, up to its position
         */
        void put(TensorInfo tensor, long from, ByteBuffer read, int start);
    }

    StoredBytes(Map<Path, ByteSource> files) {
        this(files, (tensor, from, read, start) -> {});
    }

    private StoredBytes(Map<Path, ByteSource> files, Overlay overlay) {
        this.files = files;
        this.overlay = overlay;
    }

    /** The same with something over what is stored. */
    StoredBytes with(Overlay other) {
        return new StoredBytes(files, other);
    }

    /** What {@link Checkpoint#read} promises, of a part that is within the tensor. */
    void read(TensorInfo tensor, long from, ByteBuffer target) {
        int start = target.position();
        readStored(tensor, from, target);
        overlay.put(tensor, from, target, start);
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
        Codes.Decoder decoder = tensor.codes().orElseThrow().decoder(this::read);
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
                    read(tensors.get(piece), at / round * turn, turns.clear().limit(length));
                    putApart(turns.array(), (int) turn, rounds, target, (int) (piece * turn), (int) round);
                }
                target.position(target.position() + (int) (rounds * round));
            } else {
                long inTurn = at % turn;
                TensorInfo piece = tensors.get((int) (at % round / turn));
                target.limit(target.position() + (int) Math.min(left, turn - inTurn));
                read(piece, at / round * turn + inTurn, target);
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

    /** What {@link Checkpoint#readAhead} promises. */
    void readAhead(TensorInfo tensor, long from, long length) {
        if (tensor.codes().isPresent()) {
            tensor.codes()
                    .get()
                    .tensors(from / Float.BYTES, length / Float.BYTES)
                    .forEach(stored -> readAhead(stored, 0, stored.bytes()));
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
}
