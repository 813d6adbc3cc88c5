package io.github.swscan.engine;

import java.util.OptionalInt;

/**
 * How an engine is started.
 *
 * @param threads how many threads one operation may use; empty leaves it to the engine. Fixed by the first start in a
 *     process
 * @param engines how many run in the process at the same time, which share its memory; at least one
 */
public record EngineSettings(DeviceChoice device, OptionalInt threads, int engines) {

    /** The first GPU that can be used, else the CPU; with a thread for each core. */
    public static final EngineSettings STANDARD = new EngineSettings(new DeviceChoice.Auto(), OptionalInt.empty(), 1);

    /** For each of several engines that run at the same time its part of the cores, unless the threads are said. */
    public EngineSettings shared(int number) {
        return new EngineSettings(
                device,
                threads.isPresent() || number < 2
                        ? threads
                        : OptionalInt.of(Math.max(1, Runtime.getRuntime().availableProcessors() / number)),
                number);
    }
}
