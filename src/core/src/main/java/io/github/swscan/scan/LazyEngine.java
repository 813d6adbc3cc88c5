package io.github.swscan.scan;

import io.github.swscan.engine.EngineFailure;
import io.github.swscan.engine.EngineSettings;
import io.github.swscan.engine.TorchEngine;
import java.util.Optional;

/** An engine that starts when it is first asked for, and then stays until this is closed. For use by one thread. */
public final class LazyEngine implements AutoCloseable {

    private final EngineSettings settings;
    private Optional<TorchEngine> engine = Optional.empty();

    public LazyEngine(EngineSettings settings) {
        this.settings = settings;
    }

    /** Begins to load the engine while other things are done, see {@link TorchEngine#prepare}. */
    public void prepare() {
        TorchEngine.prepare(settings.threads(), settings.device());
    }

    /**
     * The engine, started if it is not yet.
     *
     * @throws EngineFailure if it does not start
     */
    public TorchEngine get() {
        if (engine.isEmpty()) {
            engine = Optional.of(TorchEngine.start(settings));
        }
        return engine.get();
    }

    @Override
    public void close() {
        engine.ifPresent(TorchEngine::close);
    }
}
