package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import io.github.swscan.architecture.HyperConnections;
import io.github.swscan.architecture.HyperConnections.Connection;
import io.github.swscan.engine.Operations;
import java.util.Collections;

/** Several residual streams of which each part of a block takes and to which it gives; {@link HyperConnections} has the equations. */
final class HyperConnectionsPass implements ResidualStreamsPass {

    private final HyperConnections connections;
    private final Operations operations;
    private final Weights weights;

    HyperConnectionsPass(HyperConnections connections, Compute compute) {
        this.connections = connections;
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
        return taken(connections.leave(), streams, computed(connections.leave(), streams));
    }

    /** Before a part: streams [rows, streams * hidden]. */
    Met meet(Connection connection, NDArray streams) {
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
    private NDArray computed(Connection connection, NDArray streams) {
        NDArray map = weights.vector(connection.map()).reshape(connection.outputs(), -1);
        return operations.linear(operations.rmsNorm(streams, connection.normEpsilon()), map);
    }

    private NDArray taken(Connection connection, NDArray streams, NDArray computed) {
        NDArray shares = operations.addNumber(
                operations.activate("sigmoid", affine(connection, computed, 0, connection.streams())),
                connection.epsilon());
        return operations.mixStreams(streams, shares, connection.streams());
    }

    /** Some of m with their scale and base [rows, size]. */
    private NDArray affine(Connection connection, NDArray computed, int which, int size) {
        long first = (long) which * connection.streams();
        NDArray scale = operations.columns(weights.vector(connection.scale()).reshape(1, -1), which, which + 1L);
        NDArray base = operations.columns(weights.vector(connection.base()).reshape(1, -1), first, first + size);
        return operations.add(operations.multiply(operations.columns(computed, first, first + size), scale), base);
    }
}
