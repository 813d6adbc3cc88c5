package io.github.swscan.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Memory of the CPU that one pass leaves to the next: memory that is touched for the first time costs many times what
 * writing to it does. Keeps the two largest pieces that nobody has. Safe for use by several threads.
 */
public final class SpareMemory implements AutoCloseable {

    private static final int KEPT = 2;

    private final NDManager owner;
    private final List<NDArray> idle = new ArrayList<>(); // the largest last

    /** @param owner of all memory, closed with this */
    SpareMemory(NDManager owner) {
        this.owner = owner;
    }

    /**
     * Memory with whatever is in it, outside of any scope. It is freed with the engine, or by who takes it, or is given back.
     *
     * @return an array of bytes, at least as many as asked for
     */
    public synchronized NDArray take(int bytes) {
        if (!idle.isEmpty()) {
            NDArray largest = idle.remove(idle.size() - 1);
            if (largest.size() >= bytes) {
                return largest;
            }
            largest.close();
        }
        NDArray array = owner.create(new Shape(bytes), DataType.UINT8);
        NDScope.unregister(array);
        return array;
    }

    /** Takes memory back. Nobody may use it any more. */
    public synchronized void giveBack(NDArray memory) {
        idle.add(memory);
        idle.sort(Comparator.comparingLong(NDArray::size));
        if (idle.size() > KEPT) {
            idle.remove(0).close();
        }
    }

    /** Frees all memory, also what somebody has. */
    @Override
    public void close() {
        owner.close();
    }
}
