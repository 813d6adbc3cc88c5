package io.github.swscan.checkpoint.quantized;

import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.MalformedInputException;
import java.util.List;

/** The scale of each group of inputs of each output. */
public sealed interface ScaleTable {

    /** What it is stored in. */
    TensorInfo tensor();

    /** Scales in float32: [outputs][groups]. */
    float[] read(StoredNumbers stored, int outputs, int groups);

    /**
     * Numbers as they are.
     *
     * @param byOutput whether there is a row for each output; else for each group
     */
    record Numbers(TensorInfo tensor, boolean byOutput) implements ScaleTable {

        @Override
        public float[] read(StoredNumbers stored, int outputs, int groups) {
            float[] numbers = stored.floats(tensor);
            float[] scales = new float[numbers.length];
            for (int output = 0; output < outputs; output++) {
                for (int group = 0; group < groups; group++) {
                    scales[output * groups + group] =
                            numbers[byOutput ? output * groups + group : group * outputs + output];
                }
            }
            return scales;
        }
    }

    /**
     * Numbers as they are, in rows or columns that are longer than there are groups.
     *
     * @param byOutput whether there is a row for each output; else for each group
     */
    record Padded(TensorInfo tensor, boolean byOutput) implements ScaleTable {

        @Override
        public float[] read(StoredNumbers stored, int outputs, int groups) {
            float[] numbers = stored.floats(tensor);
            int columns = Math.toIntExact(StoredNumbers.columns(tensor));
            float[] scales = new float[outputs * groups];
            for (int output = 0; output < outputs; output++) {
                for (int group = 0; group < groups; group++) {
                    scales[output * groups + group] =
                            numbers[byOutput ? output * columns + group : group * columns + output];
                }
            }
            return scales;
        }
    }

    /**
     * Numbers for blocks of outputs; a row for each block, a column for each group.
     *
     * @param outputsInBlock the last block may have fewer
     * @param divisor that all are divided by
     */
    record Blocks(TensorInfo tensor, int outputsInBlock, float divisor) implements ScaleTable {

        @Override
        public float[] read(StoredNumbers stored, int outputs, int groups) {
            float[] scales = ofBlocks(stored.floats(tensor), outputsInBlock, outputs, groups);
            for (int i = 0; i < scales.length; i++) {
                scales[i] /= divisor;
            }
            return scales;
        }
    }

    /** Bytes that are exponents of two, 127 standing for one; a row for each output. */
    record Exponents(TensorInfo tensor) implements ScaleTable {

        @Override
        public float[] read(StoredNumbers stored, int outputs, int groups) {
            byte[] exponents = stored.bytes(tensor);
            float[] scales = new float[exponents.length];
            for (int i = 0; i < scales.length; i++) {
                int exponent = Byte.toUnsignedInt(exponents[i]);
                if (exponent == 255) {
                    throw new MalformedInputException(
                            tensor.file(), tensor.name(), "holds the scale NaN", "download the file again");
                }
                scales[i] = Math.scalb(1f, exponent - 127);
            }
            return scales;
        }
    }

    /**
     * 8-bit floating-point numbers with one more for all of them; a row for each output.
     *
     * @param divided whether they are divided by that, not multiplied
     * @param share by what the one for all of them is divided first
     */
    record TwoLevels(TensorInfo tensor, TensorInfo global, boolean divided, float share) implements ScaleTable {

        @Override
        public float[] read(StoredNumbers stored, int outputs, int groups) {
            float[] scales = stored.floats(tensor);
            float all = stored.floats(global)[0] / share;
            if (divided && all == 0) {
                throw new MalformedInputException(
                        global.file(), global.name(), "is 0, which scales are divided by", "download the file again");
            }
            for (int i = 0; i < scales.length; i++) {
                scales[i] = divided ? scales[i] / all : scales[i] * all;
            }
            return scales;
        }
    }

    /** What holds for blocks of outputs, for each of them. */
    static float[] ofBlocks(float[] numbers, int outputsInBlock, int outputs, int groups) {
        float[] repeated = new float[outputs * groups];
        for (int output = 0; output < outputs; output++) {
            System.arraycopy(numbers, output / outputsInBlock * groups, repeated, output * groups, groups);
        }
        return repeated;
    }

    /** All that they are stored in. */
    default List<TensorInfo> tensors() {
        return this instanceof TwoLevels levels ? List.of(levels.tensor(), levels.global()) : List.of(tensor());
    }
}
