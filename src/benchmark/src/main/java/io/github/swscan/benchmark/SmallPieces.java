package io.github.swscan.benchmark;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.engine.TorchEngine;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** The small pieces that a scan does often, with JMH. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
public class SmallPieces {

    /** Arrays of the size that a layer of a 1.1B model has for 16 tokens. */
    @State(Scope.Benchmark)
    public static class Arrays {
        TorchEngine engine;
        NDArray small;
        NDArray wide;

        @Setup(Level.Trial)
        public void start() {
            engine = TorchEngine.start(OptionalInt.empty());
            small = engine.manager().randomNormal(new Shape(4, 4));
            wide = engine.manager().randomNormal(new Shape(16, 5632));
        }

        @TearDown(Level.Trial)
        public void stop() {
            engine.close();
        }
    }

    /** Stored blocks of all kinds of GGUF, a few thousand elements of each. */
    @State(Scope.Benchmark)
    public static class Blocks {
        @Param({
            "Q1_0", "Q2_0", "Q4_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ1_S", "IQ1_M", "IQ2_XXS",
            "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S", "IQ4_NL", "IQ4_XS", "TQ1_0", "TQ2_0", "MXFP4", "NVFP4"
        })
        String type;

        Checkpoint checkpoint;
        TensorInfo tensor;
        ByteBuffer stored;
        FloatBuffer target;

        @Setup(Level.Trial)
        public void open() {
            checkpoint =
                    Checkpoint.open(CheckpointLocation.find(Path.of("src/core/src/test/resources/blocks/blocks.gguf")));
            tensor = checkpoint.tensors().values().stream()
                    .filter(candidate -> candidate.dtype().name().equals(type))
                    .findFirst()
                    .orElseThrow();
            stored = ByteBuffer.allocate(Math.toIntExact(tensor.bytes()));
            checkpoint.read(tensor, 0, stored);
            target = FloatBuffer.allocate(Math.toIntExact(tensor.elements()));
        }
    }

    /** What any call of an operation costs, whatever it computes. */
    @Benchmark
    public void callOfAnOperation(Arrays arrays) {
        try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            arrays.engine.operations().multiply(arrays.small, arrays.small);
        }
    }

    /** The peaks of a down projection's input. */
    @Benchmark
    public float[] rowExtremes(Arrays arrays) {
        try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            return arrays.engine.operations().rowExtremes(arrays.wide).toFloatArray();
        }
    }

    @Benchmark
    public void rootMeanSquareNorm(Arrays arrays) {
        try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            arrays.engine.operations().rmsNorm(arrays.wide, 1e-5);
        }
    }

    @Benchmark
    public FloatBuffer dequantization(Blocks blocks) {
        blocks.checkpoint.decode(blocks.tensor, 0, blocks.stored, blocks.target);
        return blocks.target;
    }
}
