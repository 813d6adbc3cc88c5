package io.github.swscan.engine;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.engine.StandardCapabilities;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.JniUtils;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The PyTorch engine, started, with the operations that DJL lacks.
 *
 * <p>Owns all native memory of a run: closing it frees every array of {@link #manager()}. Not for use by several
 * threads at once.
 */
public final class TorchEngine implements AutoCloseable {

    /** DJL registers more engines than this one, so that it is always asked for by name. */
    private static final String NAME = "PyTorch";

    private final Model operationsModule;
    private final Operations operations;
    private final DeviceSelection selection;
    private final NDManager manager;
    private final NDManager host;

    private TorchEngine(Model operationsModule, DeviceSelection selection) {
        this.operationsModule = operationsModule;
        this.operations = new Operations((PtSymbolBlock) operationsModule.getBlock());
        this.selection = selection;
        this.manager = NDManager.newBaseManager(selection.device().toDjl(), NAME);
        this.host = NDManager.newBaseManager(Device.cpu(), NAME);
    }

    /** Starts the engine on the CPU, see {@link #start(OptionalInt, DeviceChoice)}. */
    public static TorchEngine start(OptionalInt threads) {
        return start(threads, new DeviceChoice.Cpu());
    }

    /**
     * Starts the engine. The first start on a machine unpacks the native libraries.
     *
     * @param threads how many threads one operation may use; empty leaves it to the engine. Fixed by the first start in
     *     a process.
     * @throws EngineFailure if the native libraries are missing or do not load, or the device cannot be used
     */
    public static TorchEngine start(OptionalInt threads, DeviceChoice choice) {
        // Downloads nothing and calls nobody: all native libraries come with the program.
        System.setProperty("ai.djl.offline", "true");
        threads.ifPresent(count -> System.setProperty("ai.djl.pytorch.num_threads", Integer.toString(count)));
        try {
            List<Gpu> gpus = choice instanceof DeviceChoice.Cpu ? List.of() : NvidiaDriver.gpus();
            if (!gpus.isEmpty()) {
                NativeLibraries.offerCudaRuntime();
            }
            Engine.getEngine(NAME);
            boolean usesGpus = JniUtils.getFeatures().contains(StandardCapabilities.CUDA);
            DeviceSelection selection = DeviceSelection.of(
                    choice, new DeviceSelection.Equipment(usesGpus, NativeLibraries.includeCuda(), gpus));
            withoutCompiling();
            Model module = Model.newInstance("operations", Device.cpu(), NAME);
            module.load(OperationsArchive.open());
            return new TorchEngine(module, selection);
        } catch (EngineException | UnsatisfiedLinkError | IOException | MalformedModelException e) {
            throw new EngineFailure("the PyTorch engine did not start: " + firstLine(e), e);
        }
    }

    /** Where it computes, as reports name it: {@code cpu}, or {@code cuda:N}. */
    public String device() {
        return selection.device().label();
    }

    /** Why it computes on the CPU where a GPU could be expected, in one line. */
    public Optional<String> fallback() {
        return selection.fallback();
    }

    /** Whether it computes on the CPU, so that arrays may lie over mapped files. */
    public boolean computesOnCpu() {
        return selection.device().isCpu();
    }

    /** Whether the device multiplies bfloat16 natively, see {@link Precision}. */
    public boolean multipliesBfloat16() {
        return selection.device().multipliesBfloat16();
    }

    public Operations operations() {
        return operations;
    }

    /** The owner of the run's arrays, on the device that computes. */
    public NDManager manager() {
        return manager;
    }

    /** The owner of arrays in the memory of the CPU, which are no part of the computation where that is elsewhere. */
    public NDManager host() {
        return host;
    }

    /** A daemon thread that uses the engine as the one that started it does. */
    public static Thread newThread(Runnable task, String name) {
        Thread thread = new Thread(
                () -> {
                    withoutCompiling();
                    task.run();
                },
                name);
        thread.setDaemon(true);
        return thread;
    }

    @Override
    public void close() {
        manager.close();
        host.close();
        operationsModule.close();
    }

    /** Each thread has this setting of its own. */
    private static void withoutCompiling() {
        // The optimizing executor would compile each operation anew at its second call, for nothing.
        JniUtils.setGraphExecutorOptimize(false);
    }

    private static String firstLine(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        String message = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return message.lines().findFirst().orElse("unknown error");
    }
}
