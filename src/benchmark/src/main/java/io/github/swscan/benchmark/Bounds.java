package io.github.swscan.benchmark;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import io.github.swscan.engine.Operations;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** What the machine can do: the bounds that a scan is held against. */
final class Bounds {

    private static final int BLOCK = 1 << 23;

    private Bounds() {}

    /** A plain reading of files, one after the other, by one thread. */
    static long read(List<Path> files) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(BLOCK);
        long bytes = 0;
        for (Path file : files) {
            try (FileChannel channel = FileChannel.open(file)) {
                for (int read = channel.read(buffer); read >= 0; read = channel.read(buffer.clear())) {
                    bytes += read;
                }
            }
        }
        return bytes;
    }

    /** Has the system forget what it keeps of files in memory. Linux only. */
    static void forget(List<Path> files) throws IOException, InterruptedException {
        for (Path file : files) {
            Process dd = new ProcessBuilder("dd", "if=" + file, "iflag=nocache", "count=0")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (dd.waitFor() != 0) {
                throw new IOException("dd could not drop " + file + " from the cache");
            }
        }
    }

    static long sum(LongBuffer part) {
        long a = 0;
        long b = 0;
        long c = 0;
        long d = 0;
        int end = part.limit() & -4;
        for (int i = 0; i < end; i += 4) {
            a += part.get(i);
            b += part.get(i + 1);
            c += part.get(i + 2);
            d += part.get(i + 3);
        }
        return a + b + c + d;
    }

    /** Memory to read and to copy: buffers that no cache holds. */
    static List<LongBuffer> memory(int buffers) {
        return IntStream.range(0, buffers)
                .mapToObj(i -> {
                    LongBuffer buffer = ByteBuffer.allocateDirect(1 << 28)
                            .order(ByteOrder.nativeOrder())
                            .asLongBuffer();
                    for (int k = 0; k < buffer.limit(); k++) {
                        buffer.put(k, k);
                    }
                    return buffer;
                })
                .toList();
    }

    static long readMemory(List<LongBuffer> memory) {
        return memory.parallelStream().mapToLong(Bounds::sum).sum();
    }

    /** The first half into the second. */
    static void copyMemory(List<LongBuffer> memory) {
        int half = memory.size() / 2;
        IntStream.range(0, half)
                .parallel()
                .forEach(i -> memory.get(half + i).duplicate().put(memory.get(i).duplicate()));
    }

    /**
     * The time for a product of x [rows, inputs] and a weight [outputs, inputs]: several weights in turn, so that none
     * comes from the cache.
     */
    static Timing product(TorchEngine engine, Precision precision, int rows, int inputs, int outputs, int runs)
            throws Exception {
        Operations operations = engine.operations();
        try (NDManager manager = engine.manager().newSubManager()) {
            int weights = (int) Math.max(2, Math.min(16, 400_000_000L / ((long) inputs * outputs * 2)));
            List<NDArray> matrices = IntStream.range(0, weights)
                    .mapToObj(i -> random(operations, manager, precision, outputs, inputs))
                    .toList();
            NDArray x = random(operations, manager, precision, rows, inputs);
            int[] next = {0};
            return Timing.of(runs, 2, () -> {
                try (NDScope scope = new NDScope()) {
                    scope.suppressNotUsedWarning();
                    return operations.linear(x, matrices.get(next[0]++ % weights));
                }
            });
        }
    }

    private static NDArray random(
            Operations operations, NDManager manager, Precision precision, int rows, int columns) {
        NDArray x = manager.randomNormal(new Shape(rows, columns));
        if (precision == Precision.FP32) {
            return x;
        }
        try (x) {
            return operations.toBfloat16(x);
        }
    }
}
