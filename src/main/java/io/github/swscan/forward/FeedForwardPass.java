package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import io.github.swscan.architecture.Mixture;
import io.github.swscan.architecture.Mlp;
import io.github.swscan.engine.Operations;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** MLPs and mixtures of experts, up to the outputs of their down projections. */
final class FeedForwardPass {

    private final LinearPass linear;
    private final NormPass normalization;
    private final Operations operations;
    private final Weights weights;

    FeedForwardPass(LinearPass linear, NormPass normalization, Operations operations, Weights weights) {
        this.linear = linear;
        this.normalization = normalization;
        this.operations = operations;
        this.weights = weights;
    }

    /**
     * @param h the input of some rows [rows, hidden]
     * @param routingWeights one for each of these rows, if its output is weighted
     * @param skipped the residual stream that the output will be added to [all rows, hidden]
     */
    DownProjection mlp(Mlp mlp, NDArray h, Rows rows, Optional<float[]> routingWeights, NDArray skipped) {
        NDArray x = Scoped.result(() -> downProjectionInput(mlp, h, rows)); // [rows, intermediate]
        NDArray y = linear.apply(mlp.down(), x, rows); // [rows, hidden]
        return new DownProjection(
                mlp.expert(), mlp.down(), rows, routingWeights, skipped, x, y, linear, operations, weights);
    }

    /** Only the experts that a token goes to are computed, and read. */
    List<DownProjection> mixture(Mixture mixture, NDArray h, Rows rows, NDArray skipped) {
        List<DownProjection> projections = new ArrayList<>();
        for (Mixture.Shared shared : mixture.shared()) {
            Optional<float[]> gate = shared.gate().map(given -> operations
                    .toFloat32(operations.activate("sigmoid", linear.apply(given, h, rows)))
                    .toFloatArray());
            projections.add(mlp(shared.mlp(), h, rows, gate, skipped));
        }
        // In float32: the nearer two experts are, the less rounding it takes to swap them.
        NDArray logits = linear.apply(mixture.router().linear(), operations.toFloat32(h), rows); // [rows, experts]
        Optional<float[]> correction = mixture.router().correction().map(given -> weights.vector(given.tensor())
                .toFloatArray());
        Routing routing = Routing.of(mixture.router(), logits.toFloatArray(), correction);
        weights.bringAhead(mixture.experts().stream()
                .filter(expert -> routing.to(expert.expert().orElseThrow()).rows().length > 0)
                .flatMap(Mlp::linears));
        for (Mlp expert : mixture.experts()) {
            Routing.Assigned assigned = routing.to(expert.expert().orElseThrow());
            if (assigned.rows().length > 0) {
                Rows own = Rows.of(rows.layout(), assigned.rows());
                NDArray ownInput = operations.selectRows(h, weights.array(own.indexes()));
                projections.add(mlp(expert, ownInput, own, Optional.of(assigned.weights()), skipped));
            }
        }
        return projections;
    }

    /** norm(activation(gate(h)) * (up(h) + offset)), or norm(activation(up(h))) without a gate. */
    private NDArray downProjectionInput(Mlp mlp, NDArray h, Rows rows) {
        NDArray x = activated(mlp, h, rows);
        if (mlp.norm().isEmpty()) {
            return x;
        }
        return normalization.toPrecision(normalization.apply(mlp.norm().get(), operations.toFloat32(x)));
    }

    private NDArray activated(Mlp mlp, NDArray h, Rows rows) {
        if (mlp.inputs() instanceof Mlp.Plain plain) {
            return activate(mlp, linear.apply(plain.up(), h, rows));
        }
        NDArray gate;
        NDArray up;
        if (mlp.inputs() instanceof Mlp.FusedGate fused) {
            NDArray both = linear.apply(fused.gateUp(), h, rows); // [rows, 2 * intermediate]
            long size = mlp.down().inputs();
            gate = fused.interleaved() ? operations.everyOther(both, 0) : operations.columns(both, 0, size);
            up = fused.interleaved() ? operations.everyOther(both, 1) : operations.columns(both, size, 2 * size);
        } else {
            Mlp.Gated gated = (Mlp.Gated) mlp.inputs();
            gate = linear.apply(gated.gate(), h, rows);
            up = linear.apply(gated.up(), h, rows);
        }
        if (mlp.limit().isPresent()) {
            double limit = mlp.limit().getAsDouble();
            gate = operations.clamp(gate, Double.NEGATIVE_INFINITY, limit);
            up = operations.clamp(up, -limit, limit);
        }
        if (mlp.upOffset() != 0) {
            up = operations.addNumber(up, mlp.upOffset());
        }
        return operations.multiplyInPlace(activate(mlp, gate), up);
    }

    /** Transformers holds an activation's learned numbers in bfloat16, whatever the file and the model have. */
    private NDArray activate(Mlp mlp, NDArray x) {
        NDArray[] learned = mlp.activation().learned().stream()
                .map(name -> operations.toFloat32(operations.toBfloat16(weights.vector(name))))
                .toArray(NDArray[]::new);
        return operations.activate(mlp.activation().function().operation(), x, learned);
    }
}
