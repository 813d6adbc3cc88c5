package io.github.swscan.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.swscan.engine.DeviceSelection.Equipment;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceSelectionTest {

    private static final Gpu OLD = new Gpu("Tesla V100", 7);
    private static final Gpu NEW = new Gpu("A100", 8);
    private static final Equipment NOTHING = new Equipment(false, false, List.of());
    private static final Equipment TWO_GPUS = new Equipment(true, true, List.of(OLD, NEW));
    private static final Equipment CUDA_WITHOUT_GPU = new Equipment(false, true, List.of());
    private static final Equipment GPU_WITHOUT_CUDA = new Equipment(false, false, List.of(NEW));
    private static final Equipment CUDA_NOT_LOADED = new Equipment(false, true, List.of(NEW));

    private static DeviceSelection select(String choice, Equipment equipment) {
        return DeviceSelection.of(DeviceChoice.parse(choice).orElseThrow(), equipment);
    }

    @ParameterizedTest
    @CsvSource({
        "auto, cuda:0, false",
        "cpu, cpu,",
        "cuda, cuda:0, false",
        "cuda:0, cuda:0, false",
        "cuda:1, cuda:1, true"
    })
    void takesWhatIsAskedFor(String choice, String device, Boolean multipliesBfloat16) {
        DeviceSelection selection = select(choice, TWO_GPUS);

        assertThat(selection.device().label()).isEqualTo(device);
        assertThat(selection.fallback()).isEmpty();
        if (multipliesBfloat16 != null) {
            assertThat(selection.device().multipliesBfloat16()).isEqualTo(multipliesBfloat16);
        }
    }

    @Test
    void nothingIsSaidWhereNobodyExpectsAGpu() {
        DeviceSelection selection = select("auto", NOTHING);

        assertThat(selection.device().label()).isEqualTo("cpu");
        assertThat(selection.fallback()).isEmpty();
        assertThat(select("cpu", CUDA_WITHOUT_GPU).fallback()).isEmpty();
    }

    @Test
    void autoSaysWhyItFallsBackToTheCpu() {
        assertThat(select("auto", CUDA_WITHOUT_GPU).fallback().orElseThrow())
                .startsWith("computing on the CPU: NVIDIA's driver shows no GPU");
        assertThat(select("auto", GPU_WITHOUT_CUDA).fallback().orElseThrow())
                .startsWith("computing on the CPU: this build of swscan has no CUDA to use the A100 with;");
        assertThat(select("auto", CUDA_NOT_LOADED).fallback().orElseThrow())
                .startsWith("computing on the CPU: the engine cannot use the A100;");
    }

    @Test
    void aGpuThatCannotBeUsedIsRefused() {
        assertRefused("cuda", NOTHING, "--device cuda:0: this build of swscan has no CUDA, and");
        assertRefused("cuda:1", CUDA_WITHOUT_GPU, "--device cuda:1: NVIDIA's driver shows no GPU");
        assertRefused("cuda", GPU_WITHOUT_CUDA, "--device cuda:0: this build of swscan has no CUDA to use the A100");
        assertRefused("cuda", CUDA_NOT_LOADED, "--device cuda:0: the engine cannot use the A100");
    }

    @Test
    void aNumberBeyondThoseOfTheGpusIsRefused() {
        assertThatThrownBy(() -> select("cuda:2", TWO_GPUS))
                .isInstanceOf(EngineFailure.class)
                .hasMessage("--device cuda:2: there are 2 GPUs, cuda:0 to cuda:1");
        assertThatThrownBy(() -> select("cuda:7", new Equipment(true, true, List.of(NEW))))
                .hasMessage("--device cuda:7: there is 1 GPU, cuda:0");
    }

    private static void assertRefused(String choice, Equipment equipment, String message) {
        assertThatThrownBy(() -> select(choice, equipment))
                .isInstanceOf(EngineFailure.class)
                .hasMessageStartingWith(message)
                .hasMessageContaining("docs/cuda.md");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "gpu", "CUDA", "cuda:", "cuda:-1", "cuda:x", "cuda:12345", "cuda0", "cpu:0"})
    void otherNamesAreNoDevices(String name) {
        assertThat(DeviceChoice.parse(name)).isEmpty();
    }

    @Test
    void theEngineTellsItsDevice() {
        try (TorchEngine engine = TorchEngine.start(OptionalInt.empty())) {
            assertThat(engine.device()).isEqualTo("cpu");
            assertThat(engine.computesOnCpu()).isTrue();
            assertThat(engine.fallback()).isEmpty();
        }
    }
}
