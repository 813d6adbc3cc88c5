package io.github.swscan.detect;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.detect.PlantedTest.Planted;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.ProcessMemory;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.LentEngine;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** One detection after the other in one process. */
class RepeatedDetectionTest {

    /** In a process that has just started, the C library's heaps grow for about a hundred runs. */
    private static final int WARM_UP = 120;

    private static final int RUNS = 50;
    private static final long SLACK = 24 << 20;

    @LentEngine
    private static TorchEngine engine;

    @Test
    void givesTheSameResultEveryTime() {
        Planted planted = Planted.named("planted/two-same-row-llama");
        Detection first = planted.detect(engine, Precision.FP32, Detections.SETTINGS);
        Detection second = planted.detect(engine, Precision.FP32, Detections.SETTINGS);
        assertThat(second).isEqualTo(first);
    }

    /** What one run leaves behind, were it a single activation array, would show up fifty times. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void leavesNoNativeMemoryBehind() throws InterruptedException {
        Planted planted = Planted.named("planted/two-same-row-llama");
        run(planted, WARM_UP);
        int arraysBefore = engine.manager().getManagedArrays().size();
        long before = nativeBytes();
        run(planted, RUNS);
        assertThat(engine.manager().getManagedArrays()).hasSize(arraysBefore);
        assertThat(nativeBytes() - before).isLessThan(SLACK);
    }

    private static void run(Planted planted, int times) {
        for (int i = 0; i < times; i++) {
            planted.detect(engine, i % 2 == 0 ? Precision.FP32 : Precision.BF16, Detections.SETTINGS);
        }
    }

    /**
     * All but Java's heap. Mapped files stay until their buffers are collected, and the collector gives memory back in the
     * background.
     */
    private static long nativeBytes() throws InterruptedException {
        System.gc();
        TimeUnit.SECONDS.sleep(1);
        return ProcessMemory.residentBytes().orElseThrow()
                - Runtime.getRuntime().totalMemory();
    }
}
