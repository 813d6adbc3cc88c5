package io.github.swscan.forward;

/** Looks at all down projections as the pass goes by, and may add and remove branches there. */
@FunctionalInterface
public interface Probe {

    /** Looks at nothing. */
    Probe NONE = site -> {};

    /**
     * Called once for each block, in the order of the layers.
     *
     * @param site valid during the call only
     */
    void visit(DownProjections site);
}
