package io.github.swscan.checkpoint.quantized;

import io.github.swscan.checkpoint.tensor.Codes;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.stream.IntStream;

/**
 * Turns {@link GroupedCodes} into numbers, some outputs at a time. Uses all processors.
 *
 * <p>Safe for use by several threads.
 */
final class GroupedDecoder implements Codes.Decoder {

    /** Outputs that are decoded together: as many words as a line of the cache holds where they lie side by side. */
    private static final int TILE = 16;

    /** In bytes: how much of the codes is read at once, at most. */
    private static final long READ_AT_ONCE = 1 << 26;

    private final GroupedCodes codes;
    private final StoredNumbers stored;
    private final InputGroups groups;
    private final int[] groupOfInput;
    private final float[] scales;
    private final float[] offsets;
    private final boolean biased;
    private final int inputs;
    private final int bits;

    /** Reads scales, zero points and groups. */
    GroupedDecoder(GroupedCodes codes, StoredNumbers stored) {
        this.codes = codes;
        this.stored = stored;
        this.groups = codes.groups();
        this.inputs = codes.inputs();
        this.bits = codes.bits();
        this.groupOfInput = groups.ofInputs(stored, inputs);
        this.scales = codes.scales().read(stored, codes.outputs(), groups.count());
        this.offsets = codes.zeros().read(stored, bits, codes.outputs(), groups.count());
        this.biased = codes.zeros().areAdded();
    }

    @Override
    public void decode(long first, FloatBuffer target) {
        long element = first;
        while (target.hasRemaining()) {
            int output = (int) (element / inputs);
            int input = (int) (element % inputs);
            int end = (int) Math.min(inputs, input + (long) target.remaining());
            int rows = end - input == inputs ? Math.min(target.remaining() / inputs, rowsAtOnce()) : 1;
            int count = rows * (end - input);
            decode(new Part(output, output + rows, input, end), target.slice(target.position(), count));
            target.position(target.position() + count);
            element += count;
        }
    }

    private int rowsAtOnce() {
        return (int) Math.max(TILE, READ_AT_ONCE * Byte.SIZE / ((long) inputs * bits));
    }

    /** Some inputs of some outputs. */
    private record Part(int output, int lastOutput, int input, int lastInput) {

        int width() {
            return lastInput - input;
        }
    }

    /** Fills a target with a part, row by row. */
    private void decode(Part part, FloatBuffer target) {
        Unpacking unpacking = unpacking(part);
        int width = part.width();
        int tiles = (part.lastOutput - part.output + TILE - 1) / TILE;
        IntStream.range(0, tiles).parallel().forEach(tile -> {
            int first = part.output + tile * TILE;
            int end = Math.min(first + TILE, part.lastOutput);
            Rows rows = unpacking.rows(first, end);
            int[] unpacked = new int[width];
            float[] values = new float[width];
            for (int output = first; output < end; output++) {
                rows.unpack(output, unpacked);
                codes.words().numbers().of(unpacked, values);
                scale(values, output, part.input);
                target.put((output - part.output) * width, values);
            }
        });
    }

    /** Finds the codes of some outputs. */
    @FunctionalInterface
    private interface Unpacking {
        Rows rows(int output, int lastOutput);
    }

    /** The codes of an output. */
    @FunctionalInterface
    private interface Rows {
        void unpack(int output, int[] target);
    }

    private Unpacking unpacking(Part part) {
        return switch (codes.words().packing()) {
            case INPUTS_DOWN, INPUTS_ACROSS, INPUTS_PADDED -> alongInputs(part);
            case OUTPUTS_SHUFFLED -> alongOutputs(part);
            case OUTPUT_PAIRS, BYTES -> bytes(part);
            case PLANES_DOWN, OUTPUTS_SHUFFLED_DENSELY, ROWS_INTERLEAVED -> oneByOne(part);
        };
    }

    /** Words are read from one on with which a code begins. */
    private Unpacking alongInputs(Part part) {
        Packing packing = codes.words().packing();
        int codesOfWords = Integer.SIZE / (packing == Packing.INPUTS_PADDED ? bits : Integer.lowestOneBit(bits));
        int before = part.input % codesOfWords;
        int word = (int) (codes.words().bit(part.input - before) / Integer.SIZE);
        int lastWord = codes.words().words(part.lastInput);
        int length = lastWord - word;
        if (packing != Packing.INPUTS_DOWN) {
            int[] words = stored.words(codes.words().tensor(), part.output, part.lastOutput, word, lastWord);
            return (first, end) -> (output, target) -> fields(words, (output - part.output) * length, before, target);
        }
        int[] words = stored.words(codes.words().tensor(), word, lastWord, part.output, part.lastOutput);
        return (first, end) -> {
            int[] turned = turned(words, length, first - part.output, end - part.output);
            return (output, target) -> fields(turned, (output - first) * length, before, target);
        };
    }

    /** Fields that lie one after the other in words, from the lowest bit on; what is too short for one may be left free. */
    private void fields(int[] words, int first, int skipped, int[] target) {
        boolean padded = codes.words().packing() == Packing.INPUTS_PADDED;
        int mask = (1 << bits) - 1;
        int word = first;
        long held = 0;
        int heldBits = 0;
        for (int field = -skipped; field < target.length; field++) {
            if (heldBits < bits) {
                if (padded) {
                    held = 0;
                    heldBits = 0;
                }
                held |= Integer.toUnsignedLong(words[word++]) << heldBits;
                heldBits += Integer.SIZE;
            }
            if (field >= 0) {
                target[field] = (int) held & mask;
            }
            held >>>= bits;
            heldBits -= bits;
        }
    }

    private Unpacking alongOutputs(Part part) {
        int column = part.output / 8;
        int lastColumn = (part.lastOutput + 7) / 8;
        int width = part.width();
        int[] words = stored.words(codes.words().tensor(), part.input, part.lastInput, column, lastColumn);
        return (first, end) -> {
            int[] turned = turned(words, width, first / 8 - column, (end + 7) / 8 - column);
            return (output, target) -> {
                int shift = 4 * Packing.SHUFFLE[output % 8];
                int start = (output / 8 - first / 8) * width;
                for (int i = 0; i < width; i++) {
                    target[i] = (turned[start + i] >>> shift) & 15;
                }
            };
        };
    }

    /** Some columns of a matrix of so many rows, one after the other: what lies side by side is read at once. */
    private static int[] turned(int[] matrix, int rows, int firstColumn, int lastColumn) {
        int columns = matrix.length / rows;
        int[] turned = new int[rows * (lastColumn - firstColumn)];
        for (int row = 0; row < rows; row++) {
            for (int column = firstColumn; column < lastColumn; column++) {
                turned[(column - firstColumn) * rows + row] = matrix[row * columns + column];
            }
        }
        return turned;
    }

    /** Codes in two's complement. */
    private Unpacking bytes(Part part) {
        int width = part.width();
        int outputsOfByte = Byte.SIZE / bits;
        int row = part.output / outputsOfByte;
        int lastRow = (part.lastOutput + outputsOfByte - 1) / outputsOfByte;
        byte[] bytes = stored.rectangle(codes.words().tensor(), row, lastRow, part.input, part.lastInput)
                .array();
        return (first, end) -> (output, target) -> {
            int start = (output / outputsOfByte - row) * width;
            int above = Integer.SIZE - bits * (output % outputsOfByte + 1);
            for (int i = 0; i < width; i++) {
                target[i] = bytes[start + i] << above >> (Integer.SIZE - bits);
            }
        };
    }

    private Unpacking oneByOne(Part part) {
        RarePacking packing = codes.rarePacking();
        RarePacking.Part words = packing.part(part.output, part.lastOutput, part.input, part.lastInput);
        ByteBuffer read = stored.rectangle(
                codes.words().tensor(), words.firstRow(), words.lastRow(), words.firstColumn(), words.lastColumn());
        return (first, end) -> (output, target) -> {
            for (int i = 0; i < target.length; i++) {
                target[i] = packing.code(read, words, output, part.input + i);
            }
        };
    }

    /** Numbers of one output become weights, group by group. */
    private void scale(float[] numbers, int output, int input) {
        int row = output * groups.count();
        if (groups.ofInput().isPresent()) {
            for (int i = 0; i < numbers.length; i++) {
                int group = row + groupOfInput[input + i];
                scale(numbers, i, i + 1, scales[group], offsets[group]);
            }
            return;
        }
        for (int i = 0; i < numbers.length; ) {
            int group = (input + i) / groups.size();
            int end = (int) Math.min(numbers.length, (group + 1L) * groups.size() - input);
            scale(numbers, i, end, scales[row + group], offsets[row + group]);
            i = end;
        }
    }

    private void scale(float[] numbers, int first, int end, float scale, float offset) {
        if (biased) {
            for (int i = first; i < end; i++) {
                numbers[i] = numbers[i] * scale + offset;
            }
        } else {
            for (int i = first; i < end; i++) {
                numbers[i] = (numbers[i] - offset) * scale;
            }
        }
    }
}
