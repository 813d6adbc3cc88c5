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
import java.util.stream.IntStream;

/**
 * Matrices whose plain form has a row for each input, where the codes give a row for each output.
 *
 * @param codes of one or several matrices, one after the other [..., outputs, inputs]
 * @param outputs the columns of a matrix
 * @param inputs its rows
 */
public record TransposedCodes(Codes codes, int outputs, int inputs) implements Codes {

    /** Outputs that are decoded together. */
    private static final int TILE = 64;

    @Override
    public String method() {
        return codes.method();
    }

    @Override
    public int bits() {
        return codes.bits();
    }

    @Override
    public List<TensorInfo> tensors() {
        return codes.tensors();
    }

    @Override
    public List<TensorInfo> tensors(long first, long count) {
        long matrix = (long) outputs * inputs;
        long begin = first / matrix * matrix;
        return codes.tensors(begin, (first + count - begin + matrix - 1) / matrix * matrix);
    }

    @Override
    public TensorInfo.Place place(long element) {
        return codes.place(transposed(element));
    }

    /** Where the codes have an element. */
    private long transposed(long element) {
        long matrix = element / outputs / inputs;
        long input = element / outputs % inputs;
        return (matrix * outputs + element % outputs) * inputs + input;
    }

    private long back(long transposed) {
        long matrix = transposed / inputs / outputs;
        long output = transposed / inputs % outputs;
        return (matrix * inputs + transposed % inputs) * outputs + output;
    }

    @Override
    public Optional<ElementCodes> elementCodes() {
        return codes.elementCodes().map(Elements::new);
    }

    @Override
    public String withoutElementCodes() {
        return codes.withoutElementCodes();
    }

    /** Those of the codes, in the places of the plain form. */
    private final class Elements implements ElementCodes {

        private final ElementCodes elements;

        Elements(ElementCodes elements) {
            this.elements = elements;
        }

        @Override
        public BlockShape scaleBlocks() {
            return elements.scaleBlocks();
        }

        @Override
        public int count(int bits) {
            return elements.count(bits);
        }

        @Override
        public CodePlace code(long element) {
            return elements.code(transposed(element));
        }

        @Override
        public CodeBlock block(long element, Stored stored) {
            return elements.block(transposed(element), stored).moved(TransposedCodes.this::back);
        }
    }

    @Override
    public Decoder decoder(Stored stored) {
        Decoder decoder = codes.decoder(stored);
        return (first, target) -> decode(decoder, first, target);
    }

    private void decode(Decoder decoder, long first, FloatBuffer target) {
        long element = first;
        while (target.hasRemaining()) {
            int output = (int) (element % outputs);
            int input = (int) (element / outputs % inputs);
            int rows = output == 0 ? Math.min(target.remaining() / outputs, inputs - input) : 0;
            if (rows > 0) {
                decodeRows(decoder, transposed(element), rows, target);
                element += (long) rows * outputs;
            } else {
                decoder.decode(transposed(element), target.duplicate().limit(target.position() + 1));
                target.position(target.position() + 1);
                element++;
            }
        }
    }

    /**
     * Whole rows of one matrix. Uses all processors.
     *
     * @param first where the codes have the first of their elements
     */
    private void decodeRows(Decoder decoder, long first, int rows, FloatBuffer target) {
        int start = target.position();
        IntStream.range(0, (outputs + TILE - 1) / TILE).parallel().forEach(index -> {
            int output = index * TILE;
            int tile = Math.min(TILE, outputs - output);
            float[] read = decoded(decoder, first + (long) output * inputs, tile, rows);
            float[] row = new float[tile];
            for (int input = 0; input < rows; input++) {
                for (int i = 0; i < tile; i++) {
                    row[i] = read[i * rows + input];
                }
                target.put(start + input * outputs + output, row);
            }
        });
        target.position(start + rows * outputs);
    }

    /** Some inputs of some outputs, as the codes have them. */
    private float[] decoded(Decoder decoder, long first, int tile, int rows) {
        float[] read = new float[tile * rows];
        if (rows == inputs) {
            decoder.decode(first, FloatBuffer.wrap(read));
        } else {
            for (int i = 0; i < tile; i++) {
                decoder.decode(first + (long) i * inputs, FloatBuffer.wrap(read, i * rows, rows));
            }
        }
        return read;
    }
}
