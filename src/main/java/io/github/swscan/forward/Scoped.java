package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import java.util.function.Supplier;

/** Computations that free what they make on the way as soon as they end, so that what follows finds its memory warm. */
final class Scoped {

    private Scoped() {}

    /**
     * The result of a computation, all other arrays that it made being freed. The result belongs to the scope around.
     *
     * @param computation gives an array that it has made itself
     */
    static NDArray result(Supplier<NDArray> computation) {
        NDArray result;
        try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            result = computation.get();
            NDScope.unregister(result);
        }
        NDScope.register(result);
        return result;
    }
}
