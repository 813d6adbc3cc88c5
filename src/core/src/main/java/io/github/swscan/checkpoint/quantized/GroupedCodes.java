package io.github.swscan.checkpoint.quantized;

import io.github.swscan.checkpoint.tensor.Codes;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.List;
import java.util.stream.Stream;

/**
 * Codes with a scale and a zero point for each group of inputs of each output: the weight is (number - zero) * scale, or
 * number * scale + bias, in float32, the number being that of the code. GPTQ, AWQ, compressed-tensors, MLX and others differ
 * in how they pack codes and in which way round scales lie.
 *
 * @param outputs rows of the matrix
 * @param inputs columns of the matrix
 * @param words the codes
 * @param scales one for each group and output
 * @param zeros zero points, or biases
 */
public record GroupedCodes(
        String method,
        int outputs,
        int inputs,
        CodeWords words,
        InputGroups groups,
        ScaleTable scales,
        ZeroPoints zeros)
        implements Codes {

    /** Outputs that are decoded together, so that what is read stays in the cache. */
    private static final int TILE = 16;

    /** In bytes: how much of the codes is read at once, at most. */
    private static final long READ_AT_ONCE = 1 << 26;

    @Override
    public int bits() {
        return words.bits();
    }

    @Override
    public List<TensorInfo> tensors() {
        return Stream.concat(Stream.of(words.tensor()), scales.tensors().stream())
                .toList();
    }

    @Override
    public TensorInfo.Place place(long element) {
        int output = (int) (element / inputs);
        int input = (int) (element % inputs);
        int word = (int) (((long) input * bits()) >>> 5);
        return words.tensor()
                .place(
                        switch (words.packing()) {
                            case INPUTS_DOWN -> (long) word * outputs + output;
                            case INPUTS_ACROSS -> (long) output * wordsOfInputs() + word;
                            case OUTPUTS_SHUFFLED -> (long) input * (outputs / 8) + output / 8;
                            case BYTES -> element;
                        });
    }

    /** How many words the codes of all inputs of an output take. */
    private int wordsOfInputs() {
        return Math.toIntExact(((long) inputs * bits() + Integer.SIZE - 1) / Integer.SIZE);
    }

    @Override
    public Decoder decoder(Stored stored) {
        StoredNumbers read = new StoredNumbers(stored);
        return new Reader(
                read,
                groups.ofInputs(read, inputs),
                scales.read(read, outputs, groups.count()),
                zeros.read(read, bits(), outputs, groups.count()));
    }

    /** With scales and zero points at hand, both [outputs][groups]. */
    private final class Reader implements Decoder {

        private final StoredNumbers stored;
        private final int[] groupOfInput;
        private final float[] scales;
        private final float[] offsets;
        private final float[] numberOf = words.numbers().all(bits());
        private final boolean biased = zeros instanceof ZeroPoints.Biases;
        private final int groupCount = groups.count();

        Reader(StoredNumbers stored, int[] groupOfInput, float[] scales, float[] offsets) {
            this.stored = stored;
            this.groupOfInput = groupOfInput;
            this.scales = scales;
            this.offsets = offsets;
        }

        private float weight(float number, int table) {
            return biased ? number * scales[table] + offsets[table] : (number - offsets[table]) * scales[table];
        }

        @Override
        public void decode(long first, FloatBuffer target) {
            long element = first;
            while (target.hasRemaining()) {
                int output = (int) (element / inputs);
                int input = (int) (element % inputs);
                int end = (int) Math.min(inputs, input + (long) target.remaining());
                int rows = 1;
                if (end - input == inputs) {
                    long most = Math.max(TILE, READ_AT_ONCE * Byte.SIZE / Math.max(1, (long) inputs * bits()));
                    rows = (int) Math.min(target.remaining() / inputs, most);
                }
                part(output, output + rows, input, end, target);
                element += (long) rows * (end - input);
            }
        }

        /** Some inputs of some outputs, row by row. */
        private void part(int output, int lastOutput, int input, int lastInput, FloatBuffer target) {
            switch (words.packing()) {
                case INPUTS_DOWN, INPUTS_ACROSS -> alongInputs(output, lastOutput, input, lastInput, target);
                case OUTPUTS_SHUFFLED -> alongOutputs(output, lastOutput, input, lastInput, target);
                case BYTES -> bytes(output, lastOutput, input, lastInput, target);
            }
        }

        private void alongInputs(int output, int lastOutput, int input, int lastInput, FloatBuffer target) {
            int bits = bits();
            int word = (int) (((long) input * bits) >>> 5);
            int lastWord = (int) (((long) lastInput * bits + Integer.SIZE - 1) >>> 5);
            boolean down = words.packing() == Packing.INPUTS_DOWN;
            IntBuffer read = (down
                            ? stored.rectangle(words.tensor(), word, lastWord, output, lastOutput)
                            : stored.rectangle(words.tensor(), output, lastOutput, word, lastWord))
                    .asIntBuffer();
            int outputStride = down ? 1 : lastWord - word;
            int wordStride = down ? lastOutput - output : 1;
            int width = lastInput - input;
            int mask = (1 << bits) - 1;
            float[] values = new float[TILE * width];
            for (int tile = output; tile < lastOutput; tile += TILE) {
                int tileEnd = Math.min(tile + TILE, lastOutput);
                for (int at = input; at < lastInput; at++) {
                    int bit = (int) ((long) at * bits - ((long) word << 5));
                    int offset = (bit >>> 5) * wordStride;
                    int shift = bit & 31;
                    boolean straddles = shift + bits > Integer.SIZE;
                    int group = groupOfInput[at];
                    for (int row = tile; row < tileEnd; row++) {
                        int place = (row - output) * outputStride + offset;
                        int code = read.get(place) >>> shift;
                        if (straddles) {
                            code |= read.get(place + wordStride) << (Integer.SIZE - shift);
                        }
                        int table = row * groupCount + group;
                        values[(row - tile) * width + at - input] = weight(numberOf[code & mask], table);
                    }
                }
                target.put(values, 0, (tileEnd - tile) * width);
            }
        }

        private void alongOutputs(int output, int lastOutput, int input, int lastInput, FloatBuffer target) {
            int column = output / 8;
            int lastColumn = (lastOutput + 7) / 8;
            IntBuffer read = stored.rectangle(words.tensor(), input, lastInput, column, lastColumn)
                    .asIntBuffer();
            int width = lastInput - input;
            float[] values = new float[8 * width];
            for (int row = output; row < lastOutput; row = row / 8 * 8 + 8) {
                int tileEnd = Math.min(row / 8 * 8 + 8, lastOutput);
                for (int at = input; at < lastInput; at++) {
                    int word = read.get((at - input) * (lastColumn - column) + row / 8 - column);
                    for (int o = row; o < tileEnd; o++) {
                        int code = (word >>> (4 * Packing.SHUFFLE[o % 8])) & 15;
                        int table = o * groupCount + groupOfInput[at];
                        values[(o - row) * width + at - input] = weight(numberOf[code], table);
                    }
                }
                target.put(values, 0, (tileEnd - row) * width);
            }
        }

        private void bytes(int output, int lastOutput, int input, int lastInput, FloatBuffer target) {
            ByteBuffer read = stored.rectangle(words.tensor(), output, lastOutput, input, lastInput);
            int width = lastInput - input;
            float[] values = new float[width];
            for (int row = output; row < lastOutput; row++) {
                for (int at = input; at < lastInput; at++) {
                    int table = row * groupCount + groupOfInput[at];
                    int code = read.get((row - output) * width + at - input);
                    values[at - input] = weight(code, table);
                }
                target.put(values);
            }
        }
    }
}
