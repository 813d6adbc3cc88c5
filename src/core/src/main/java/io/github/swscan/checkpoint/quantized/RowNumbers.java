package io.github.swscan.checkpoint.quantized;

import io.github.swscan.checkpoint.tensor.CodeBlock;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.MalformedInputException;
import java.util.List;

/** What the codes of a row stand for, in float32. */
public sealed interface RowNumbers {

    /** The numbers of all codes, for each row. */
    @FunctionalInterface
    interface Table {
        float[] of(int row);
    }

    /** The scales. */
    TensorInfo scales();

    /** Reads what numbers follow from. */
    Table table(StoredNumbers stored, int rows, int bits);

    /** What shares its scale with a row of a matrix. */
    CodeBlock block(StoredNumbers stored, int row, int rows, int columns);

    /**
     * A scale and a shift for each row, as Quanto has them: code times scale, less shift; where shifts are whole numbers,
     * code less shift, times scale.
     *
     * @param scales [rows]
     * @param shifts [rows]
     */
    record Shifted(TensorInfo scales, TensorInfo shifts) implements RowNumbers {

        @Override
        public Table table(StoredNumbers stored, int rows, int bits) {
            float[] scale = stored.floats(scales);
            boolean whole = areWhole();
            float[] shift = whole ? bytes(stored) : stored.floats(shifts);
            return row -> {
                float[] numbers = new float[1 << bits];
                for (int code = 0; code < numbers.length; code++) {
                    numbers[code] = whole ? (code - shift[row]) * scale[row] : code * scale[row] - shift[row];
                }
                return numbers;
            };
        }

        @Override
        public CodeBlock block(StoredNumbers stored, int row, int rows, int columns) {
            List<CodeBlock.Run> runs = List.of(new CodeBlock.Run((long) row * columns, columns));
            float scale = stored.floats(scales)[row];
            return areWhole()
                    ? CodeBlock.withZeroPoint(runs, scale, bytes(stored)[row])
                    : CodeBlock.withBias(runs, scale, -stored.floats(shifts)[row]);
        }

        private boolean areWhole() {
            return shifts.dtype() == DType.I8 || shifts.dtype() == DType.U8;
        }

        private float[] bytes(StoredNumbers stored) {
            byte[] bytes = stored.bytes(shifts);
            float[] numbers = new float[bytes.length];
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = bytes[i];
            }
            return numbers;
        }
    }

    /**
     * One scale for all, and codes of -1, 0 and 1, stored as 0, 1 and 2.
     *
     * @param divided whether codes are divided by it, not multiplied with it
     */
    record Ternary(TensorInfo scales, boolean divided) implements RowNumbers {

        /** How many codes there are. */
        static final int CODES = 3;

        @Override
        public CodeBlock block(StoredNumbers stored, int row, int rows, int columns) {
            float scale = scale(stored);
            List<CodeBlock.Run> runs = List.of(new CodeBlock.Run(0, (long) rows * columns));
            return CodeBlock.symmetric(runs, divided ? 1 / scale : scale, 1);
        }

        private float scale(StoredNumbers stored) {
            float scale = stored.floats(scales)[0];
            if (divided && scale == 0) {
                throw new MalformedInputException(
                        scales.file(), scales.name(), "is 0, which codes are divided by", "download the file again");
            }
            return scale;
        }

        @Override
        public Table table(StoredNumbers stored, int rows, int bits) {
            float scale = scale(stored);
            float[] numbers = new float[1 << bits];
            for (int code = 0; code < numbers.length; code++) {
                numbers[code] = divided ? (code - 1) / scale : (code - 1) * scale;
            }
            return row -> numbers;
        }
    }
}
