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

    /** In which order zero points lie in words. */
    enum Order {
        AS_THEY_COME,
        /** As {@link Packing#OUTPUTS_SHUFFLED}. */
        SHUFFLED,
        /** As {@link Packing#PLANES_DOWN}. */
        PLANES
    }

    /** What is stored of a zero point. */
    enum Stored {
        AS_THEY_ARE,
        /** One less: of words as a whole, with a borrow where it is 0; where fields straddle words, of each field. */
        LESS_ONE,
        /** The same, unless all are stored as half of the codes: then there is one symmetric zero point, stored as it is. */
        LESS_ONE_UNLESS_SYMMETRIC
    }

    /** Words of the codes of consecutive outputs; a row for each group, a column for each word. */
    record OutputsAcross(TensorInfo words, Order order, Stored stored) implements ZeroPoints {

        @Override
        public float[] read(StoredNumbers numbers, int bits, int outputs, int groups) {
            int[] stream = numbers.words(words);
            int wordsInRow = stream.length / groups;
            if (stored == Stored.LESS_ONE_UNLESS_SYMMETRIC && isSymmetric(stream, wordsInRow, bits, outputs, groups)) {
                return new Constant(1 << (bits - 1)).read(numbers, bits, outputs, groups);
            }
            boolean lessOne = stored != Stored.AS_THEY_ARE;
            boolean straddle = Integer.SIZE % bits != 0;
            if (lessOne && !straddle) {
                addOnes(stream, bits);
            }
            float[] zeros = new float[outputs * groups];
            for (int group = 0; group < groups; group++) {
                for (int output = 0; output < outputs; output++) {
                    int code = code(stream, group * wordsInRow, output, bits);
                    zeros[output * groups + group] = lessOne && straddle ? (code + 1) & ((1 << bits) - 1) : code;
                }
            }
            return zeros;
        }

        private int code(int[] stream, int firstWord, int output, int bits) {
            return switch (order) {
                case AS_THEY_COME -> field(stream, firstWord, output, bits);
                case SHUFFLED -> field(stream, firstWord, Packing.shuffled(output), bits);
                case PLANES -> {
                    int block = firstWord + output / BitPlanes.BLOCK * bits;
                    yield BitPlanes.code(output, bits, word -> stream[block + word]);
                }
            };
        }

        private boolean isSymmetric(int[] stream, int wordsInRow, int bits, int outputs, int groups) {
            for (int group = 0; group < groups; group++) {
                for (int output = 0; output < outputs; output++) {
                    if (code(stream, group * wordsInRow, output, bits) != 1 << (bits - 1)) {
                        return false;
                    }
                }
            }
            return true;
        }

        private static void addOnes(int[] stream, int bits) {
            int ones = 0;
            for (int field = 0; field < Integer.SIZE; field += bits) {
                ones |= 1 << field;
            }
            for (int i = 0; i < stream.length; i++) {
                stream[i] += ones;
            }
        }
    }

    /** Words of the codes of consecutive groups; a row for each output, whose last fields may be of no group. */
    record GroupsAcross(TensorInfo words) implements ZeroPoints {

        @Override
        public float[] read(StoredNumbers stored, int bits, int outputs, int groups) {
            int[] stream = stored.words(words);
            int wordsInRow = stream.length / outputs;
            float[] zeros = new float[outputs * groups];
            for (int output = 0; output < outputs; output++) {
                for (int group = 0; group < groups; group++) {
                    zeros[output * groups + group] = field(stream, output * wordsInRow, group, bits);
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

    /** The same; a row for each group, the last of which may be of none. */
    record PaddedBiases(TensorInfo tensor) implements ZeroPoints {

        @Override
        public float[] read(StoredNumbers stored, int bits, int outputs, int groups) {
            return new ScaleTable.Padded(tensor, false).read(stored, outputs, groups);
        }
    }

    /** Whether they are no zero points, but numbers that are added. */
    default boolean areAdded() {
        return this instanceof Biases || this instanceof PaddedBiases;
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
