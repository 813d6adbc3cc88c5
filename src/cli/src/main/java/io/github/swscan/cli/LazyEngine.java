package io.github.swscan.cli;

import io.github.swscan.engine.TorchEngine;
import java.util.Optional;
import java.util.function.Supplier;

/** An engine that starts when it is first asked for, and then stays. For use by one thread. */
final class LazyEngine implements Supplier<TorchEngine>, AutoCloseable {

    private final Supplier<TorchEngine> start;
    private Optional<TorchEngine> engine = Optional.empty();

    LazyEngine(Supplier<TorchEngine> start) {
        this.start = start;
    }

    @Override
    public TorchEngine get() {
        if (engine.isEmpty()) {
            engine = Optional.of(start.get());
        }
        return engine.get();
    }

    @Override
    public void close() {
        engine.ifPresent(TorchEngine::close);
    }
}
