package io.github.swscan.checkpoint.quantized;

import io.github.swscan.checkpoint.tensor.BlockShape;
import io.github.swscan.checkpoint.tensor.CodeBlock;
import io.github.swscan.checkpoint.tensor.CodePlace;
import io.github.swscan.checkpoint.tensor.Codes;
import io.github.swscan.checkpoint.tensor.ElementCodes;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;

/**
 * Matrices of one shape, one after the other, each with codes and scales of its own, such as those of all experts. Scales
 * are held of the latest matrix only: those of all would take as much memory as a matrix.
 *
 * @param matrices at least one
 * @param elements of each
 */
public record StackedCodes(List<Codes> matrices, long elements) implements Codes {

    public StackedCodes {
        matrices = List.copyOf(matrices);
    }

    @Override
    public String method() {
        return matrices.get(0).method();
    }

    @Override
    public int bits() {
        return matrices.get(0).bits();
    }

    @Override
    public List<TensorInfo> tensors() {
        return matrices.stream().flatMap(matrix -> matrix.tensors().stream()).toList();
    }

    @Override
    public List<TensorInfo> tensors(long first, long count) {
        int last = (int) ((first + count + elements - 1) / elements);
        return matrices.subList((int) (first / elements), last).stream()
                .flatMap(matrix -> matrix.tensors().stream())
                .toList();
    }

    @Override
    public TensorInfo.Place place(long element) {
        return matrices.get((int) (element / elements)).place(element % elements);
    }

    @Override
    public Optional<ElementCodes> elementCodes() {
        List<ElementCodes> each = matrices.stream()
                .flatMap(matrix -> matrix.elementCodes().stream())
                .toList();
        return each.size() == matrices.size() ? Optional.of(new Elements(each, elements)) : Optional.empty();
    }

    @Override
    public String withoutElementCodes() {
        return matrices.get(0).withoutElementCodes();
    }

    /** Those of each matrix. */
    private record Elements(List<ElementCodes> matrices, long elements) implements ElementCodes {

        private ElementCodes of(long element) {
            return matrices.get((int) (element / elements));
        }

        @Override
        public BlockShape scaleBlocks() {
            return matrices.get(0).scaleBlocks();
        }

        @Override
        public int count(int bits) {
            return matrices.get(0).count(bits);
        }

        @Override
        public CodePlace code(long element) {
            return of(element).code(element % elements);
        }

        @Override
        public CodeBlock block(long element, Stored stored) {
            return of(element).block(element % elements, stored).behind(element / elements * elements);
        }
    }

    @Override
    public Decoder decoder(Stored stored) {
        return new Reader(stored);
    }

    private final class Reader implements Decoder {

        private final Stored stored;
        private volatile Optional<Latest> latest = Optional.empty();

        private record Latest(int matrix, Decoder decoder) {}

        Reader(Stored stored) {
            this.stored = stored;
        }

        private Decoder of(int matrix) {
            Optional<Latest> known = latest.filter(found -> found.matrix() == matrix);
            if (known.isPresent()) {
                return known.get().decoder();
            }
            Decoder decoder = matrices.get(matrix).decoder(stored);
            latest = Optional.of(new Latest(matrix, decoder));
            return decoder;
        }

        @Override
        public void decode(long first, FloatBuffer target) {
            int end = target.limit();
            long element = first;
            while (target.position() < end) {
                int count = (int) Math.min(end - target.position(), elements - element % elements);
                target.limit(target.position() + count);
                of((int) (element / elements)).decode(element % elements, target);
                target.limit(end);
                element += count;
            }
        }
    }
}
