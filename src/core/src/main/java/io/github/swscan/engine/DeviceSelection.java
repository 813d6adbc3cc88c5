package io.github.swscan.engine;

import java.util.List;
import java.util.Optional;

/**
 * The device that is computed on.
 *
 * @param device where
 * @param fallback why it is the CPU where a GPU could be expected, in one line
 */
record DeviceSelection(ComputeDevice device, Optional<String> fallback) {

    private static final String HELP = "see docs/cuda.md";

    /**
     * What there is to compute on.
     *
     * @param engineUsesGpus whether the engine has loaded the CUDA libraries and found a GPU
     * @param cudaIsInstalled whether the program comes with CUDA libraries, loaded or not
     * @param gpus those that the driver shows to the process
     */
    record Equipment(boolean engineUsesGpus, boolean cudaIsInstalled, List<Gpu> gpus) {

        boolean isUsable() {
            return engineUsesGpus && !gpus.isEmpty();
        }
    }

    /** @throws EngineFailure if a GPU is asked for that cannot be used */
    static DeviceSelection of(DeviceChoice choice, Equipment equipment) {
        if (choice instanceof DeviceChoice.Cuda cuda) {
            return new DeviceSelection(cuda(cuda.index(), equipment), Optional.empty());
        }
        if (choice instanceof DeviceChoice.Cpu) {
            return new DeviceSelection(ComputeDevice.cpu(), Optional.empty());
        }
        if (equipment.isUsable()) {
            return new DeviceSelection(ComputeDevice.cuda(equipment.gpus().get(0), 0), Optional.empty());
        }
        // Who has neither a GPU nor a build for one expects none.
        boolean expected = equipment.cudaIsInstalled() || !equipment.gpus().isEmpty();
        return new DeviceSelection(
                ComputeDevice.cpu(),
                expected
                        ? Optional.of("computing on the CPU: " + obstacle(equipment) + "; " + HELP)
                        : Optional.empty());
    }

    private static ComputeDevice cuda(int index, Equipment equipment) {
        String option = "--device cuda:" + index + ": ";
        if (!equipment.isUsable()) {
            throw new EngineFailure(option + obstacle(equipment) + "; " + HELP + ", or use --device cpu");
        }
        List<Gpu> gpus = equipment.gpus();
        if (index >= gpus.size()) {
            throw new EngineFailure(option
                    + (gpus.size() == 1
                            ? "there is 1 GPU, cuda:0"
                            : "there are %d GPUs, cuda:0 to cuda:%d".formatted(gpus.size(), gpus.size() - 1)));
        }
        return ComputeDevice.cuda(gpus.get(index), index);
    }

    /** Why no GPU can be used. */
    private static String obstacle(Equipment equipment) {
        if (equipment.gpus().isEmpty()) {
            return equipment.cudaIsInstalled()
                    ? "NVIDIA's driver shows no GPU (is it installed, and CUDA_VISIBLE_DEVICES unset?)"
                    : "this build of swscan has no CUDA, and NVIDIA's driver shows no GPU";
        }
        String gpu = equipment.gpus().get(0).name();
        return equipment.cudaIsInstalled()
                ? "the engine cannot use the " + gpu
                        + "; the CUDA runtime (libcudart) must be on the library path, and "
                        + "the driver be new enough for it"
                : "this build of swscan has no CUDA to use the " + gpu + " with";
    }
}
