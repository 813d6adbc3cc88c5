package io.github.swscan.engine;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.JniUtils;
import io.github.swscan.natives.Unpacking;
import java.io.IOException;
import java.nio.file.Path;
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
    private final NDManager manager;

    private TorchEngine(Model operationsModule, Optional<Model> oneDnnModule, NDManager manager) {
        this.operationsModule = operationsModule;
        this.oneDnnModule = oneDnnModule;
        this.operations = new Operations(block(operationsModule), oneDnnModule.map(TorchEngine::block));
        this.manager = manager;
    }

    private static PtSymbolBlock block(Model module) {
        return (PtSymbolBlock) module.getBlock();
    }

    /**
     * Starts the engine on the CPU. The first start on a machine unpacks the native libraries.
     *
     * @param threads how many threads one operation may use; empty leaves it to the engine. Fixed by the first start in
     *     a process.
     * @throws EngineFailure if the native libraries are missing or do not load
     */
    public static TorchEngine start(OptionalInt threads) {
        configure(threads);
        try {
            Unpacking.ENGINE.whileLoading(() -> Engine.getEngine(NAME));
            // The engine keeps both for each thread. Nothing is trained.
            JniUtils.setGradMode(false);
            // The optimizing executor would compile each operation anew at its second call, for nothing.
            JniUtils.setGraphExecutorOptimize(false);
            return new TorchEngine(
                    load("operations.py", "Operations"),
                    Processor.isAmd() ? oneDnn() : Optional.empty(),
                    NDManager.newBaseManager(Device.cpu(), NAME));
        } catch (EngineException | UnsatisfiedLinkError | IOException | MalformedModelException e) {
            throw new EngineFailure("the PyTorch engine did not start: " + firstLine(e) + "; " + remedy(), e);
        }
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
     * @param threads as for {@link #start}
     */
    public static void prepare(OptionalInt threads) {
        configure(threads);
        Thread loading = new Thread(
                () -> {
                    if (Unpacking.ENGINE.isDone()) {
                        Engine.getEngine(NAME);
                    }
                },
                "engine-loading");
        loading.setDaemon(true);
        loading.setUncaughtExceptionHandler((thread, failure) -> {});
        Runtime.getRuntime().addShutdownHook(new Thread(() -> await(loading), "engine-loaded"));
        loading.start();
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

    private static String remedy() {
        Path folder = Unpacking.ENGINE.folder();
        return Unpacking.ENGINE.isDone()
                ? "if its libraries in " + folder + " are damaged, delete that folder to have them unpacked again"
                : "its libraries are unpacked into " + folder
                        + ", which must be writable and have 500 MB to spare; DJL_CACHE_DIR names another folder";
    }

    /** Whether this machine multiplies bfloat16 natively, see {@link Precision}. */
    public static boolean multipliesBfloat16() {
        return Processor.multipliesBfloat16();
    }

    public Operations operations() {
        return operations;
    }

    /** The owner of the run's arrays. */
    public NDManager manager() {
        return manager;
    }

    @Override
    public void close() {
        manager.close();
        operationsModule.close();
        oneDnnModule.ifPresent(Model::close);
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
