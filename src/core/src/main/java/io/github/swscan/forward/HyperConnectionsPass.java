package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import io.github.swscan.architecture.HyperConnections;
import io.github.swscan.architecture.HyperConnections.Connection;
import io.github.swscan.architecture.HyperConnections.Gated;
import io.github.swscan.architecture.HyperConnections.Weighed;
import io.github.swscan.architecture.Linear;
import io.github.swscan.engine.Operations;
import java.util.Collections;
import java.util.Optional;

/** Several residual streams of which each part of a block takes and to which it gives; {@link HyperConnections} has the equations. */
final class HyperConnectionsPass implements ResidualStreamsPass {

    private final HyperConnections connections;
    private final LinearPass linear;
    private final NormPass norm;
    private final Operations operations;
    private final Weights weights;

    HyperConnectionsPass(HyperConnections connections, Compute compute) {
        this.connections = connections;
        this.linear = compute.linear();
        this.norm = compute.norm();
        this.operations = compute.operations();
        this.weights = compute.weights();
    }

    /**
     * What a part of a block meets.
     *
     * @param x what it reads [rows, hidden]
     * @param given how much of its output each stream gets [rows, streams]
     * @param mixed the streams without its output [rows, streams * hidden]
     */
    record Met(NDArray x, NDArray given, NDArray mixed) {

        /** The same for the branches that go on. */
        Met rearranged(Rearrangement branches, Compute compute) {
            return new Met(branches.apply(x, compute), branches.apply(given, compute), branches.apply(mixed, compute));
        }

        /** The streams behind the part, with its output [rows, hidden]. */
        NDArray with(NDArray output, Operations operations) {
            return operations.addToStreams(mixed, output, given);
        }
    }

    @Override
    public NDArray enter(NDArray x) {
        return NDArrays.concat(new NDList(Collections.nCopies(connections.streams(), x)), 1);
    }

    @Override
    public NDArray leave(NDArray streams) {
        if (connections.leave() instanceof Gated gated) {
            return taken(gated, normed(gated, streams), Optional.empty());
        }
        Weighed weighed = (Weighed) connections.leave();
        return taken(weighed, streams, computed(weighed, streams));
    }

    /** Before a part: streams [rows, streams * hidden]. */
    Met meet(Connection connection, NDArray streams, Rows rows) {
        return connection instanceof Gated gated ? meet(gated, streams, rows) : meet((Weighed) connection, streams);
    }

    private Met meet(Gated gated, NDArray streams, Rows rows) {
        NDArray c = normed(gated, streams);
        NDArray x = taken(gated, c, Optional.of(rows));
        NDArray give = shared(gated, linear.apply(gated.give().orElseThrow(), norm.toPrecision(c), rows));
        return new Met(x, operations.multiplyByNumber(operations.activate("sigmoid", give), 2), streams);
    }

    /** c [rows, streams * hidden]. */
    private NDArray normed(Gated gated, NDArray streams) {
        return norm.apply(
                        gated.norm(),
                        streams.reshape(-1, gated.streams(), gated.norm().size()))
                .reshape(streams.getShape());
    }

    /** x [rows, hidden], of c. */
    private NDArray taken(Gated gated, NDArray c, Optional<Rows> rows) {
        NDArray narrow = shared(gated, applied(gated.narrow(), norm.toPrecision(c), rows));
        NDArray wide = applied(gated.widen(), norm.toPrecision(operations.activate("silu", narrow)), rows);
        NDArray gates = operations.activate("sigmoid", operations.toFloat32(wide));
        NDArray equal =
                operations.addNumber(weights.zeros(c.getShape().get(0), gated.streams()), 1.0 / gated.streams());
        return operations.mixStreams(operations.multiply(gates, c), equal, gated.streams());
    }

    private NDArray applied(Linear map, NDArray x, Optional<Rows> rows) {
        return rows.map(given -> linear.apply(map, x, given)).orElseGet(() -> linear.apply(map, x));
    }

    /** x / n in float32. */
    private NDArray shared(Gated gated, NDArray x) {
        return operations.multiplyByNumber(operations.toFloat32(x), 1.0 / gated.streams());
    }

    private Met meet(Weighed connection, NDArray streams) {
        int count = connection.streams();
        NDArray computed = computed(connection, streams);
        NDArray given = operations.addNumber(
                operations.multiplyByNumber(
                        operations.activate("sigmoid", affine(connection, computed, 1, count)), connection.magnitude()),
                connection.addedToGiven());
        NDArray mixed = connection.balancings().isPresent()
                ? operations.mixStreams(
                        streams,
                        operations.balanced(
                                affine(connection, computed, 2, count * count),
                                count,
                                connection.epsilon(),
                                connection.balancings().getAsInt()),
                        count)
                : streams;
        return new Met(taken(connection, streams, computed), given, mixed);
    }

    /** m [rows, outputs of the map]. */
    private NDArray computed(Weighed connection, NDArray streams) {
        NDArray map = weights.vector(connection.map()).reshape(connection.outputs(), -1);
        return operations.linear(operations.rmsNorm(streams, connection.normEpsilon()), map);
    }

    private NDArray taken(Weighed connection, NDArray streams, NDArray computed) {
        NDArray shares = operations.addNumber(
                operations.activate("sigmoid", affine(connection, computed, 0, connection.streams())),
                connection.epsilon());
        return operations.mixStreams(streams, shares, connection.streams());
    }

    /** Some of m with their scale and base [rows, size]. */
    private NDArray affine(Weighed connection, NDArray computed, int which, int size) {
        long first = (long) which * connection.streams();
        NDArray scale = operations.columns(weights.vector(connection.scale()).reshape(1, -1), which, which + 1L);
        NDArray base = operations.columns(weights.vector(connection.base()).reshape(1, -1), first, first + size);
        return operations.add(operations.multiply(operations.columns(computed, first, first + size), scale), base);
    }
}
