package io.github.swscan.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.architecture.Mlp;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.ProcessMemory;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.fixture.ReferenceCheckpoint;
import io.github.swscan.weight.ScalarEdit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A pass whose weights are copied to another memory, as to a GPU, gives what one gives whose weights are where they were read
 * to. The other memory is the CPU's as well, which makes the numbers comparable bit for bit.
 */
class DeviceCopiesTest {

    /** So little that every copy waits for the one before it to be used. */
    private static final long SCARCE = 1;

    private static final int WARM_UP = 20;
    private static final int RUNS = 60;
    private static final long SLACK = 24 << 20;

    @LentEngine
    private static TorchEngine engine;

    static Stream<String> checkpoints() {
        return Stream.of("reference", "quantized").flatMap(folder -> ReferenceCheckpoint.names(folder).stream());
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void numbersAreTheSameToTheBit(String name) {
        assertSame(name, Precision.FP32, Weights.LONGEST_SLICE, DeviceCopies.LONGEST_AHEAD);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "reference/llama-bf16",
                "reference/gpt2",
                "reference/mixtral",
                "reference/deepseek_v3",
                "reference/gpt_oss",
                "reference/granitemoe",
                "quantized/llama-block16-bin",
                "quantized/granitemoe-stacked-block16"
            })
    void numbersAreTheSameInBfloat16AndInManySlicesWithLittleRoom(String name) {
        assertSame(name, Precision.BF16, 3000, SCARCE);
    }

    private static void assertSame(String name, Precision precision, long longestSlice, long copiedAhead) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named(name);
        RunnableModel model = reference.model(engine, precision);
        Results plain = results(model, reference.sequences(), longestSlice, OptionalLong.empty());
        assertThat(results(model, reference.sequences(), longestSlice, OptionalLong.of(copiedAhead)))
                .isEqualTo(plain);
    }

    /** What one pass leaves behind, were it a single matrix, would show up sixty times. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void leavesNoMemoryBehind() {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named("reference/mixtral");
        run(reference, WARM_UP);
        int arrays = arrays();
        long before = residentBytes();
        run(reference, RUNS);
        assertThat(arrays()).isEqualTo(arrays);
        assertThat(residentBytes() - before).isLessThan(SLACK);
    }

    private static void run(ReferenceCheckpoint reference, int times) {
        for (int i = 0; i < times; i++) {
            RunnableModel model = reference.model(engine, i % 2 == 0 ? Precision.FP32 : Precision.BF16);
            results(
                    model,
                    reference.sequences(),
                    Weights.LONGEST_SLICE,
                    OptionalLong.of(i % 3 == 0 ? SCARCE : DeviceCopies.LONGEST_AHEAD));
        }
    }

    private static int arrays() {
        return engine.manager().getManagedArrays().size()
                + engine.host().getManagedArrays().size();
    }

    private static long residentBytes() {
        System.gc();
        return ProcessMemory.residentBytes().orElseThrow();
    }

    /** Everything that a pass gives, with branches from the first layer on and from a down projection on. */
    private record Results(List<List<Float>> logits, List<Peak> peaks, long bytesRead) {}

    private static Results results(
            RunnableModel model, Sequences sequences, long longestSlice, OptionalLong copiedAhead) {
        Branch planned = new Branch(sequences.all(), edits(model, 0));
        Branch forked = new Branch(sequences.all(), downEdits(model, 0));
        List<Peak> peaks = new ArrayList<>();
        long[] bytesRead = new long[1];
        try (ForwardPass pass = new ForwardPass(
                model, sequences, bytes -> bytesRead[0] += bytes, longestSlice, Optional.empty(), copiedAhead)) {
            HeadPass readout = pass.run(List.of(planned), site -> {
                for (DownProjection projection : site.projections()) {
                    Activations activations = projection.activations(pass.original(), sequences.all());
                    if (activations.tokens() > 0) {
                        peaks.add(activations.outputPeak());
                    }
                }
                if (site.layer() == 0) {
                    site.fork(pass.original(), forked);
                }
            });
            // Among others, no expert was copied that no token goes to.
            assertThat(pass.unused()).isZero();
            List<List<Float>> logits = new ArrayList<>();
            for (Branch branch : List.of(pass.original(), planned, forked)) {
                for (int sequence : sequences.all()) {
                    for (float[] token : readout.logits(branch, sequence)) {
                        logits.add(boxed(token));
                    }
                }
            }
            readout.score(readout.branches(), sequences.all())
                    .forEach(scores -> logits.add(boxed(scores.negativeLogLikelihoods())));
            return new Results(logits, peaks, bytesRead[0]);
        }
    }

    private static List<Float> boxed(float[] values) {
        List<Float> boxed = new ArrayList<>();
        for (float value : values) {
            boxed.add(value);
        }
        return boxed;
    }

    private static List<ScalarEdit> edits(RunnableModel model, int layer) {
        return model.architecture()
                .blocks()
                .get(layer)
                .linears()
                .map(linear -> new ScalarEdit(linear, linear.outputs() / 2, linear.inputs() / 3, 0.25f))
                .toList();
    }

    private static List<ScalarEdit> downEdits(RunnableModel model, int layer) {
        return model.architecture()
                .blocks()
                .get(layer)
                .feedForward()
                .mlps()
                .map(Mlp::down)
                .map(down -> new ScalarEdit(down, 3, 5, 0))
                .toList();
    }
}
