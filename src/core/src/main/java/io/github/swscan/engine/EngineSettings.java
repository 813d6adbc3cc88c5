package io.github.swscan.engine;

import java.util.OptionalInt;

/**
 * How an engine is started.
 *
 * @param threads how many threads one operation may use; empty leaves it to the engine. Fixed by the first start in a
 *     process
 */
public record EngineSettings(DeviceChoice device, OptionalInt threads) {

    /** The first GPU that can be used, else the CPU; with a thread for each core. */
    public static final EngineSettings STANDARD = new EngineSettings(new DeviceChoice.Auto(), OptionalInt.empty());

    /** For each of several engines that run at the same time its part of the cores, unless the threads are said. */
    public EngineSettings shared(int engines) {
        return threads.isPresent() || engines < 2
                ? this
                : new EngineSettings(
                        device, OptionalInt.of(Math.max(1, Runtime.getRuntime().availableProcessors() / engines)));
    }
}
