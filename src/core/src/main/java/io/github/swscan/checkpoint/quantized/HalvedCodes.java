package io.github.swscan.checkpoint.quantized;

import io.github.swscan.checkpoint.tensor.Codes;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * HQQ's codes of four bits. The elements of the matrix, row by row, are groups of equal length, and the groups the rows of a
 * second matrix; the first half of its rows is in the higher halves of bytes, the second in the lower ones. The weight is
 * (code - zero) * scale, in float32.
 *
 * @param bytes [groups / 2, group size]
 * @param scales [groups]
 * @param zeros [groups]
 */
public record HalvedCodes(TensorInfo bytes, TensorInfo scales, TensorInfo zeros, int groups, int groupSize)
        implements Codes {

    @Override
    public String method() {
        return "HQQ";
    }

    @Override
    public int bits() {
        return 4;
    }

    @Override
    public List<TensorInfo> tensors() {
        return List.of(bytes, scales, zeros);
    }

    private boolean isFirstHalf(long group) {
        return group < groups / 2;
    }

    private long index(long element) {
        long group = element / groupSize;
        return (isFirstHalf(group) ? group : group - groups / 2) * groupSize + element % groupSize;
    }

    @Override
    public TensorInfo.Place place(long element) {
        return bytes.place(index(element));
    }

    @Override
    public Decoder decoder(Stored stored) {
        StoredNumbers numbers = new StoredNumbers(stored);
        float[] scale = numbers.floats(scales);
        float[] zero = numbers.floats(zeros);
        return (first, target) -> decode(numbers, scale, zero, first, target);
    }

    /** Elements lie one after the other up to the end of a half. */
    private void decode(StoredNumbers numbers, float[] scale, float[] zero, long first, FloatBuffer target) {
        long half = (long) groups / 2 * groupSize;
        long element = first;
        while (target.hasRemaining()) {
            long end = Math.min(element + target.remaining(), element < half ? half : Long.MAX_VALUE);
            ByteBuffer read = numbers.run(bytes, index(element), (int) (end - element));
            for (int i = 0; element < end; element++, i++) {
                int group = (int) (element / groupSize);
                int code = isFirstHalf(group) ? (read.get(i) >>> 4) & 15 : read.get(i) & 15;
                target.put((code - zero[group]) * scale[group]);
            }
        }
    }
}
