package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import java.util.function.Function;
import java.util.function.Supplier;

/** Computations that free what they make on the way as soon as they end, so that what follows finds its memory warm. */
final class Scoped {

    private Scoped() {}

    /**
     * The result of a computation, all other arrays that it made being freed. The result belongs to the scope around, if
     * there is one.
     *
     * @param computation gives an array that it has made itself
     */
    static NDArray result(Supplier<NDArray> computation) {
        return result(computation, array -> array);
    }

    /**
     * The same where a result holds an array.
     *
     * @param array the array, which the computation has made itself
     */
    static <T> T result(Supplier<T> computation, Function<T, NDArray> array) {
        T result;
        try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            result = computation.get();
            NDScope.unregister(array.apply(result));
        }
        NDScope.register(array.apply(result));
        return result;
    }
}
