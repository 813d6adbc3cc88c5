package io.github.swscan.forward;

/** Looks at every down projection as the pass goes by, and may add and remove branches there. */
@FunctionalInterface
public interface Probe {

    /** Looks at nothing. */
    Probe NONE = site -> {};

    /**
     * Called once for each down projection, in the order of the layers.
     *
     * @param site valid during the call only
     */
    void visit(DownProjection site);
}
