package io.github.swscan.checkpoint.quantized;

import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.Arrays;

/** Which code stands for zero, or what is added, in each group of inputs of each output. */
public sealed interface ZeroPoints {

    /** Zero points as floats: [outputs][groups]. */
    float[] read(StoredNumbers stored, int bits, int outputs, int groups);

    /** The same everywhere. */
    record Constant(int code) implements ZeroPoints {

        @Override
        public float[] read(StoredNumbers stored, int bits, int outputs, int groups) {
            float[] zeros = new float[outputs * groups];
            Arrays.fill(zeros, code);
            return zeros;
        }
    }

    /**
     * Words of the codes of consecutive outputs; a row for each group, a column for each word.
     *
     * @param shuffled whether they are in AWQ's order
     * @param added to each word, as a whole: layouts store a code less one, with a borrow where it is 0
     */
    record OutputsAcross(TensorInfo words, boolean shuffled, int added) implements ZeroPoints {

        @Override
        public float[] read(StoredNumbers stored, int bits, int outputs, int groups) {
            int[] stream = stored.words(words);
            for (int i = 0; i < stream.length; i++) {
                stream[i] += added;
            }
            int wordsInRow = stream.length / groups;
            float[] zeros = new float[outputs * groups];
            for (int group = 0; group < groups; group++) {
                for (int output = 0; output < outputs; output++) {
                    int place = shuffled ? output / 8 * 8 + Packing.SHUFFLE[output % 8] : output;
                    zeros[output * groups + group] = field(stream, group * wordsInRow, place, bits);
                }
            }
            return zeros;
        }
    }

    /**
     * Words of the codes of consecutive outputs, packed as those of inputs; a row for each word, a column for each group.
     */
    record OutputsDown(CodeWords words) implements ZeroPoints {

        @Override
        public float[] read(StoredNumbers stored, int bits, int outputs, int groups) {
            int[] stream = stored.words(words.tensor());
            float[] zeros = new float[outputs * groups];
            for (int output = 0; output < outputs; output++) {
                long bit = words.bit(output);
                int word = (int) (bit >>> 5) * groups;
                int shift = (int) (bit & 31);
                for (int group = 0; group < groups; group++) {
                    int code = stream[word + group] >>> shift;
                    if (shift + bits > Integer.SIZE) {
                        code |= stream[word + groups + group] << (Integer.SIZE - shift);
                    }
                    zeros[output * groups + group] = code & ((1 << bits) - 1);
                }
            }
            return zeros;
        }
    }

    /**
     * Numbers, or signed bytes; a row for each block of outputs, a column for each group.
     *
     * @param added to each
     * @param outputsInBlock the last block may have fewer
     */
    record Numbers(TensorInfo tensor, int added, int outputsInBlock) implements ZeroPoints {

        @Override
        public float[] read(StoredNumbers stored, int bits, int outputs, int groups) {
            float[] numbers = tensor.dtype() == DType.I8 ? signed(stored.bytes(tensor)) : stored.floats(tensor);
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] += added;
            }
            return ScaleTable.ofBlocks(numbers, outputsInBlock, outputs, groups);
        }

        private static float[] signed(byte[] bytes) {
            float[] numbers = new float[bytes.length];
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = bytes[i];
            }
            return numbers;
        }
    }

    /** Not zero points, but numbers that are added; a row for each output. */
    record Biases(TensorInfo tensor) implements ZeroPoints {

        @Override
        public float[] read(StoredNumbers stored, int bits, int outputs, int groups) {
            return stored.floats(tensor);
        }
    }

    /** A field of a stream of bits that begins with a word, fields one after the other from the lowest bit on. */
    static int field(int[] words, int firstWord, int index, int bits) {
        long bit = (long) index * bits;
        int word = firstWord + (int) (bit >>> 5);
        int shift = (int) (bit & 31);
        int value = words[word] >>> shift;
        if (shift + bits > Integer.SIZE) {
            value |= words[word + 1] << (Integer.SIZE - shift);
        }
        return value & ((1 << bits) - 1);
    }
}
