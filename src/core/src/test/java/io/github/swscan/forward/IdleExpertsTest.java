package io.github.swscan.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.architecture.Block;
import io.github.swscan.architecture.Linear;
import io.github.swscan.architecture.Mixture;
import io.github.swscan.architecture.Mlp;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.fixture.ReferenceCheckpoint;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Experts that no token goes to are not read. */
class IdleExpertsTest {

    @LentEngine
    private static TorchEngine engine;

    @ParameterizedTest
    @ValueSource(strings = {"mixtral", "qwen3_moe", "deepseek_v3", "granitemoe", "gpt_oss"})
    void areNotRead(String name) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named("reference/" + name);
        RunnableModel model = reference.model(engine, Precision.FP32);
        Sequences oneToken = new Sequences(List.of(new int[] {1}));
        Set<Linear> reached = new HashSet<>();
        AtomicLong bytes = new AtomicLong();
        try (ForwardPass pass = new ForwardPass(model, oneToken, bytes::addAndGet)) {
            pass.run(List.of(), site -> site.projections().forEach(projection -> reached.add(projection.weight())));
        }
        long idle = 0;
        long all = 0;
        for (Block block : model.architecture().blocks()) {
            for (Mlp mlp : block.feedForward().mlps().toList()) {
                long size =
                        mlp.linears().mapToLong(linear -> bytes(model, linear)).sum();
                idle += reached.contains(mlp.down()) ? 0 : size;
            }
            if (block.feedForward() instanceof Mixture mixture) {
                assertThat(mixture.experts().stream().filter(expert -> reached.contains(expert.down())))
                        .hasSize(mixture.router().perToken());
            }
            all += block.linears().mapToLong(linear -> bytes(model, linear)).sum();
        }
        // Beside the linear maps there are norms, a row of the embedding and other small things.
        assertThat(bytes.get()).isBetween(all - idle, all - idle + all / 20);
        assertThat(idle).isGreaterThan(all / 20);
    }

    private static long bytes(RunnableModel model, Linear linear) {
        int size =
                model.checkpoint().find(linear.weight()).orElseThrow().dtype().bytes();
        long weights = (long) linear.inputs() * linear.outputs();
        return size * (linear.bias().isPresent() ? weights + linear.outputs() : weights);
    }
}
