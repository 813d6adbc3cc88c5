package io.github.swscan.checkpoint.quantized;

import io.github.swscan.checkpoint.tensor.BitField;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Where the codes of those packings lie that are rare: they are taken out of their words one by one.
 *
 * @param outputs of the matrix
 * @param inputs of the matrix
 */
record RarePacking(Packing packing, int bits, int outputs, int inputs) {

    private static final int BLOCK = 32;
    private static final int ROWS = 4;
    private static final int COLUMNS = Packing.INPUTS_INTERLEAVED;

    /** A rectangle of the stored matrix. */
    record Part(int firstRow, int lastRow, int firstColumn, int lastColumn) {}

    /** What holds the codes of some inputs of some outputs. */
    Part part(int output, int lastOutput, int input, int lastInput) {
        return switch (packing) {
            case PLANES_DOWN -> new Part(block(input), blockEnd(lastInput), output, lastOutput);
            case OUTPUTS_SHUFFLED_DENSELY -> new Part(input, lastInput, block(output), blockEnd(lastOutput));
            case ROWS_INTERLEAVED ->
                new Part(
                        output / ROWS,
                        (lastOutput + ROWS - 1) / ROWS,
                        input / COLUMNS * COLUMNS,
                        (lastInput + COLUMNS - 1) / COLUMNS * COLUMNS);
            default -> throw new IllegalArgumentException(packing + " is not rare");
        };
    }

    /** Codes of a block take as many words as they have bits. */
    private int block(int code) {
        return code / BLOCK * bits;
    }

    private int blockEnd(int code) {
        return (code + BLOCK - 1) / BLOCK * bits;
    }

    /** A code out of the words of a part. */
    int code(ByteBuffer words, Part part, int output, int input) {
        int width = part.lastColumn() - part.firstColumn();
        return switch (packing) {
            case PLANES_DOWN -> {
                int first = (block(input) - part.firstRow()) * width + output - part.firstColumn();
                yield BitPlanes.code(input, bits, word -> words.getInt((first + word * width) * Integer.BYTES));
            }
            case OUTPUTS_SHUFFLED_DENSELY -> {
                int bit = Packing.shuffled(output) * bits - part.firstColumn() * Integer.SIZE;
                int word = (input - part.firstRow()) * width + bit / Integer.SIZE;
                int shift = bit % Integer.SIZE;
                int code = words.getInt(word * Integer.BYTES) >>> shift;
                if (shift + bits > Integer.SIZE) {
                    code |= words.getInt((word + 1) * Integer.BYTES) << (Integer.SIZE - shift);
                }
                yield code & ((1 << bits) - 1);
            }
            default -> {
                int word = (output / ROWS - part.firstRow()) * width + interleaved(output, input) - part.firstColumn();
                yield (words.getShort(word * Short.BYTES) >>> (place(input) % ROWS * bits)) & ((1 << bits) - 1);
            }
        };
    }

    /** Where the bits of a code lie in the stored matrix, the lowest first. */
    List<BitField> fields(int output, int input) {
        return switch (packing) {
            case PLANES_DOWN ->
                BitPlanes.fields(input, bits).stream()
                        .map(field -> {
                            long word = block(input) + field.first() / Integer.SIZE;
                            long first = (word * outputs + output) * Integer.SIZE + field.first() % Integer.SIZE;
                            return new BitField(first, field.count());
                        })
                        .toList();
            case OUTPUTS_SHUFFLED_DENSELY ->
                List.of(new BitField(((long) input * outputs + Packing.shuffled(output)) * bits, bits));
            default -> {
                long word = (long) (output / ROWS) * inputs + interleaved(output, input);
                yield List.of(new BitField(word * Short.SIZE + place(input) % ROWS * (long) bits, bits));
            }
        };
    }

    /** The column of the word that holds a code of four outputs' rows: codes of a row take a quarter of a block's words. */
    private static int interleaved(int output, int input) {
        return input / COLUMNS * COLUMNS + output % ROWS * (COLUMNS / ROWS) + place(input) / ROWS;
    }

    /** The place of an input's code among those of its row in a block: pairs of inputs 8 apart come together, then even before odd. */
    private static int place(int input) {
        int inBlock = input % COLUMNS;
        int quarter = inBlock % BLOCK / 8;
        int pair = inBlock % 8 / 2;
        return inBlock / BLOCK * BLOCK + pair * 8 + inBlock % 2 * 4 + quarter;
    }
}
