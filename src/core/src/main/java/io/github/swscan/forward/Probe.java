package io.github.swscan.forward;

/**
 * Looks at a pass as it goes by: at all down projections, where it may add and remove branches, at output projections of
 * recurrences, and behind the blocks.
 */
@FunctionalInterface
public interface Probe {

    /** Looks at nothing. */
    Probe NONE = site -> {};

    /**
     * Called for each recurrence of a block, before the block's down projections.
     *
     * @param site valid during the call only
     */
    default void visitRecurrence(RecurrenceOutput site) {}

    /**
     * Called once for each block, in the order of the layers.
     *
     * @param site valid during the call only
     */
    void visit(DownProjections site);

    /**
     * Called once for each block, in the order of the layers, when it is done; not for models with several residual
     * streams.
     *
     * @param stream valid during the call only
     */
    default void behind(StreamBehind stream) {}
}
