package io.github.swscan.engine;

import ai.djl.Device;
import java.util.Optional;

/** Where the engine computes. */
final class ComputeDevice {

    private final Optional<Gpu> gpu;
    private final int index;

    private ComputeDevice(Optional<Gpu> gpu, int index) {
        this.gpu = gpu;
        this.index = index;
    }

    static ComputeDevice cpu() {
        return new ComputeDevice(Optional.empty(), 0);
    }

    static ComputeDevice cuda(Gpu gpu, int index) {
        return new ComputeDevice(Optional.of(gpu), index);
    }

    boolean isCpu() {
        return gpu.isEmpty();
    }

    String label() {
        return isCpu() ? "cpu" : "cuda:" + index;
    }

    boolean multipliesBfloat16() {
        return gpu.map(Gpu::multipliesBfloat16).orElseGet(Processor::multipliesBfloat16);
    }

    Device toDjl() {
        return isCpu() ? Device.cpu() : Device.gpu(index);
    }
}
