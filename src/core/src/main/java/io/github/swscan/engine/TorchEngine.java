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
import io.github.swscan.natives.LibrarySet;
import io.github.swscan.natives.NativeFolder;
import io.github.swscan.natives.NativeLibraryException;
import io.github.swscan.natives.Unpacking;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The PyTorch engine, started, with the operations that DJL lacks.
 *
 * <p>Owns all native memory of a run: closing it frees every array of {@link #manager()}. For use by the thread that
 * started it; other threads may start others.
 */
public final class TorchEngine implements AutoCloseable {

    /** DJL registers more engines than this one, so that it is always asked for by name. */
    private static final String NAME = "PyTorch";

    private final Model operationsModule;
    private final Optional<Model> oneDnnModule;
    private final Operations operations;
    private final DeviceSelection selection;
    private final NDManager manager;
    private final NDManager host;
    private final SpareMemory spareMemory;
    private final int engines;

    private TorchEngine(Model operationsModule, Optional<Model> oneDnnModule, DeviceSelection selection, int engines) {
        this.engines = engines;
        this.operationsModule = operationsModule;
        this.oneDnnModule = oneDnnModule;
        this.operations = new Operations(block(operationsModule), oneDnnModule.map(TorchEngine::block));
        this.selection = selection;
        this.manager = NDManager.newBaseManager(selection.device().toDjl(), NAME);
        this.host = NDManager.newBaseManager(Device.cpu(), NAME);
        this.spareMemory = new SpareMemory(NDManager.newBaseManager(Device.cpu(), NAME));
    }

    private static PtSymbolBlock block(Model module) {
        return (PtSymbolBlock) module.getBlock();
    }

    /** Starts the engine on the CPU, see {@link #start(EngineSettings)}. */
    public static TorchEngine start(OptionalInt threads) {
        return start(new EngineSettings(new DeviceChoice.Cpu(), threads, 1));
    }

    /**
     * Starts the engine. The first start on a machine unpacks the native libraries.
     *
     * @throws EngineFailure if the native libraries are missing or do not load, or the device cannot be used
     */
    public static TorchEngine start(EngineSettings settings) {
        DeviceChoice choice = settings.device();
        configure(settings.threads());
        try {
            NativeFolder.path();
            List<Gpu> gpus = gpus(choice);
            LibrarySet.engine().ifPresent(Unpacking::ready);
            Engine.getEngine(NAME);
            configureThread();
            boolean usesGpus = JniUtils.getFeatures().contains(StandardCapabilities.CUDA);
            DeviceSelection selection = DeviceSelection.of(
                    choice, new DeviceSelection.Equipment(usesGpus, NativeLibraries.includeCuda(), gpus));
            boolean oneDnn = selection.device().isCpu() && Processor.isAmd();
            return new TorchEngine(
                    load("operations.py", "Operations"),
                    oneDnn ? oneDnn() : Optional.empty(),
                    selection,
                    settings.engines());
        } catch (NativeLibraryException e) {
            throw new EngineFailure("the PyTorch engine did not start: " + e.getMessage(), e);
        } catch (EngineException | LinkageError | IOException | MalformedModelException e) {
            throw new EngineFailure("the PyTorch engine did not start: " + reason(e), e);
        }
    }

    /** Those that are looked for; to be called before the engine is loaded, so that it finds them too. */
    private static List<Gpu> gpus(DeviceChoice choice) throws IOException {
        List<Gpu> gpus = choice instanceof DeviceChoice.Cpu ? List.of() : NvidiaDriver.gpus();
        if (!gpus.isEmpty()) {
            NativeLibraries.offerCudaRuntime();
        }
        return gpus;
    }

    private static Model load(String source, String className) throws IOException, MalformedModelException {
        Model module = Model.newInstance(className, Device.cpu(), NAME);
        module.load(ModuleArchive.of(source, className));
        return module;
    }

    /** Empty if this build of the engine is without it. */
    private static Optional<Model> oneDnn() throws IOException {
        try {
            return Optional.of(load("onednn.py", "OneDnn"));
        } catch (EngineException | MalformedModelException unknown) {
            return Optional.empty();
        }
    }

    /**
     * Loads the engine's native libraries in the background, which is most of the work of a start, so that other work can
     * be done meanwhile. What goes wrong is told by {@link #start}. Does nothing where the libraries have yet to be
     * unpacked: a process that ends soon should not leave that half done.
     *
     * <p>A process that ends meanwhile waits for it: to end in the middle of it would be a crash. So this is for when
     * little can go wrong any more.
     *
     * @param threads as {@link EngineSettings} has it
     * @param choice as {@link EngineSettings} has it
     */
    public static void prepare(OptionalInt threads, DeviceChoice choice) {
        configure(threads);
        Thread loading = new Thread(() -> load(choice), "engine-loading");
        loading.setDaemon(true);
        loading.setUncaughtExceptionHandler((thread, failure) -> {});
        Runtime.getRuntime().addShutdownHook(new Thread(() -> await(loading), "engine-loaded"));
        loading.start();
    }

    private static void load(DeviceChoice choice) {
        try {
            NativeFolder.path();
            gpus(choice);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        LibrarySet.engine().filter(Unpacking::isDone).ifPresent(libraries -> {
            Unpacking.ready(libraries);
            Engine.getEngine(NAME);
        });
    }

    private static void await(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void configure(OptionalInt threads) {
        // Downloads nothing and calls nobody: all native libraries come with the program.
        System.setProperty("ai.djl.offline", "true");
        threads.ifPresent(count -> System.setProperty("ai.djl.pytorch.num_threads", Integer.toString(count)));
    }

    /** Where it computes, as reports name it: {@code cpu}, or {@code cuda:N}. */
    public String device() {
        return selection.device().label();
    }

    /** Why it computes on the CPU where a GPU could be expected, in one line. */
    public Optional<String> fallback() {
        return selection.fallback();
    }

    /** Whether it computes on the CPU, so that arrays may lie over the memory that files are read into. */
    public boolean computesOnCpu() {
        return selection.device().isCpu();
    }

    /** How much memory this engine may still take, where that can be known; not on a GPU, which has its own. */
    public Optional<AvailableMemory> availableMemory() {
        return computesOnCpu()
                ? AvailableMemory.now().map(left -> new AvailableMemory(left.bytes() / engines, left.of()))
                : Optional.empty();
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

    /** Memory of the CPU that is used again. */
    public SpareMemory spareMemory() {
        return spareMemory;
    }

    /** A daemon thread that uses the engine as the one that started it does. */
    public static Thread newThread(Runnable task, String name) {
        Thread thread = new Thread(
                () -> {
                    configureThread();
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
        spareMemory.close();
        operationsModule.close();
        oneDnnModule.ifPresent(Model::close);
    }

    /** The engine keeps both settings for each thread. */
    private static void configureThread() {
        // Nothing is trained.
        JniUtils.setGradMode(false);
        // The optimizing executor would compile each operation anew at its second call, for nothing.
        JniUtils.setGraphExecutorOptimize(false);
    }

    /** With what would help: the engine puts its code into a temporary file, and all else is in its libraries. */
    private static String reason(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause instanceof FileSystemException failure && failure.getFile() != null
                ? "in %s no temporary file can be made%s; TMPDIR names another folder"
                        .formatted(
                                Path.of(failure.getFile()).getParent(),
                                failure.getReason() == null ? "" : " (" + failure.getReason() + ")")
                : "%s; its libraries are in %s; --native-dir names another folder"
                        .formatted(firstLine(cause), NativeFolder.path());
    }

    private static String firstLine(Throwable cause) {
        String message = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return message.lines().findFirst().orElse("unknown error");
    }
}
