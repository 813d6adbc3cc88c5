package io.github.swscan.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.types.Shape;
import io.github.swscan.fixture.LentEngine;
import org.junit.jupiter.api.Test;

class OutOfMemoryTest {

    @LentEngine
    private static TorchEngine engine;

    /** As PyTorch words it, behind the trace of an operation. */
    @Test
    void ofAGpuIsToldInOneLine() {
        EngineException failure = new EngineException("""
                The following operation failed in the TorchScript interpreter.
                Traceback of TorchScript, serialized code (most recent call last):
                  File "code/__torch__.py", line 27, in copy_to
                RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 1 has a total capacity of 14.58 GiB of \
                which 1.20 GiB is free. Including non-PyTorch memory, this process has 13.37 GiB memory in use.
                """);

        assertThat(OutOfMemory.explanation(new IllegalStateException(failure)))
                .contains("out of memory on cuda:1 (2.00 GiB more were needed); take fewer tokens, --precision bf16, "
                        + "another device with more free memory, or --device cpu");
        assertThat(OutOfMemory.explanation(new EngineException("CUDA error: out of memory")))
                .hasValueSatisfying(line -> assertThat(line).startsWith("out of memory on the GPU; "));
    }

    @Test
    void ofTheCpuIsToldInOneLine() {
        Throwable failure = catchThrowable(() -> engine.manager().zeros(new Shape(1L << 48)));

        assertThat(OutOfMemory.explanation(failure))
                .contains("out of memory (1125899906842624 more bytes were needed); free some, or take fewer tokens");
    }

    @Test
    void otherFailuresAreNone() {
        assertThat(OutOfMemory.explanation(new EngineException("CUDA error: an illegal memory access")))
                .isEmpty();
        assertThat(OutOfMemory.explanation(new NullPointerException())).isEmpty();
    }
}
