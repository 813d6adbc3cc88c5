package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import io.github.swscan.architecture.FeedForward;
import io.github.swscan.architecture.Mixture;
import io.github.swscan.architecture.Mlp;
import io.github.swscan.engine.Operations;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * MLPs and mixtures of experts, for all branches at once:
 *
 * <pre>
 *     mlp(h)     = down(norm(activation(gate(h)) · up(h)))       or down(norm(activation(up(h)))) without a gate
 *     mixture(h) = Σ_e weight_e mlp_e(h) (+ b)                   over the experts that a token goes to, and the shared
 * </pre>
 *
 * In two steps, between which the probe looks at the down projections and may change which branches there are.
 */
final class FeedForwardPass {

    private final Compute compute;
    private final LinearPass linear;
    private final NormPass norm;
    private final Operations operations;
    private final Weights weights;

    FeedForwardPass(Compute compute) {
        this.compute = compute;
        this.linear = compute.linear();
        this.norm = compute.norm();
        this.operations = compute.operations();
        this.weights = compute.weights();
    }

    /**
     * The part up to the outputs of its down projections.
     *
     * @param h what it reads [rows, hidden]
     * @param residual the residual stream that its output will be added to [rows, hidden] float32
     */
    List<DownProjection> downProjections(FeedForward part, NDArray h, Rows rows, NDArray residual) {
        if (part instanceof Mixture mixture) {
            return mixture(mixture, h, rows, residual);
        }
        return part instanceof Mlp mlp ? List.of(mlp(mlp, h, rows, Optional.empty(), residual)) : List.of();
    }

    /**
     * The output: of an MLP that of its down projection, of a mixture the sum over its experts, each times its routing
     * weight, and the bias.
     *
     * @param outputs at least one
     * @return [all rows of the layout, hidden]
     */
    NDArray output(FeedForward part, List<DownProjection.Output> outputs) {
        if (part instanceof Mixture mixture) {
            NDArray sum = sum(outputs);
            return mixture.outputBias()
                    .map(bias -> operations.addBias(sum, weights.vector(bias)))
                    .orElse(sum);
        }
        return outputs.get(0).y();
    }

    private NDArray sum(List<DownProjection.Output> outputs) {
        DownProjection.Output first = outputs.get(0);
        NDArray sum =
                weights.zeros(first.rows().layout().rows(), first.y().getShape().get(1));
        for (DownProjection.Output output : outputs) {
            NDArray y = output.routingWeights()
                    .map(given -> operations.scaleRows(output.y(), weights.array(given)))
                    .orElse(output.y()); // [rows of the expert, hidden]
            sum = operations.addToRows(sum, weights.array(output.rows().indexes()), y);
        }
        return sum;
    }

    /**
     * @param h the input of some rows [rows, hidden]
     * @param routingWeights one for each of these rows, if its output is weighted
     * @param residual the residual stream that the output will be added to [all rows, hidden]
     */
    private DownProjection mlp(Mlp mlp, NDArray h, Rows rows, Optional<float[]> routingWeights, NDArray residual) {
        NDArray x = Scoped.result(() -> downProjectionInput(mlp, h, rows)); // [rows, intermediate]
        NDArray y = linear.apply(mlp.down(), x, rows); // [rows, hidden]
        return new DownProjection(mlp, residual, x, new DownProjection.Output(rows, y, routingWeights), compute);
    }

    /** Only the experts that a token goes to are computed, and read. */
    private List<DownProjection> mixture(Mixture mixture, NDArray h, Rows rows, NDArray residual) {
        List<DownProjection> projections = new ArrayList<>();
        for (Mixture.Shared shared : mixture.shared()) {
            Optional<float[]> gate = shared.gate().map(given -> operations
                    .toFloat32(operations.activate("sigmoid", linear.apply(given, h, rows)))
                    .toFloatArray());
            projections.add(mlp(shared.mlp(), h, rows, gate, residual));
        }
        // In float32: the nearer two experts are, the less rounding it takes to swap them.
        NDArray logits = linear.apply(mixture.router().linear(), operations.toFloat32(h), rows); // [rows, experts]
        Optional<float[]> correction = mixture.router().correction().map(given -> weights.vector(given.tensor())
                .toFloatArray());
        Routing routing = Routing.of(mixture.router(), logits.toFloatArray(), correction);
        // Of the experts that rows go to, what some of these rows multiply with as it is stored.
        weights.bringFirst(mixture.experts().stream().flatMap(expert -> {
            Rows own = Rows.of(
                    rows.layout(), routing.to(expert.expert().orElseThrow()).rows());
            return expert.linears().filter(map -> linear.takesStored(map, own));
        }));
        for (Mlp expert : mixture.experts()) {
            Routing.Assigned assigned = routing.to(expert.expert().orElseThrow());
            if (assigned.rows().length > 0) {
                Rows own = Rows.of(rows.layout(), assigned.rows());
                NDArray ownInput = operations.selectRows(h, weights.array(own.indexes()));
                projections.add(
                        mixture.router().weighsInput()
                                ? mlp(expert, weighed(ownInput, assigned.weights()), own, Optional.empty(), residual)
                                : mlp(expert, ownInput, own, Optional.of(assigned.weights()), residual));
            }
        }
        return projections;
    }

    private NDArray weighed(NDArray h, float[] routingWeights) {
        return norm.toPrecision(operations.scaleRows(h, weights.array(routingWeights)));
    }

    /** norm(activation(gate(h)) * (up(h) + offset)), or norm(activation(up(h))) without a gate. */
    private NDArray downProjectionInput(Mlp mlp, NDArray h, Rows rows) {
        NDArray x = activated(mlp, h, rows);
        if (mlp.norm().isEmpty()) {
            return x;
        }
        return norm.toPrecision(norm.apply(mlp.norm().get(), operations.toFloat32(x)));
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
            boolean alternating = fused.order() == Mlp.FusedGate.Order.ALTERNATING;
            NDArray first = alternating ? operations.everyOther(both, 0) : operations.columns(both, 0, size);
            NDArray second = alternating ? operations.everyOther(both, 1) : operations.columns(both, size, 2 * size);
            boolean upFirst = fused.order() == Mlp.FusedGate.Order.UP_FIRST;
            gate = upFirst ? second : first;
            up = upFirst ? first : second;
        } else {
            Mlp.Gated gated = (Mlp.Gated) mlp.inputs();
            gate = linear.apply(gated.gate(), h, rows);
            up = linear.apply(gated.up(), h, rows);
        }
        if (mlp.sparsity().isPresent()) {
            gate = operations.sparse(gate, mlp.sparsity().getAsDouble());
        }
        if (mlp.gateScale() != 1) {
            gate = operations.multiplyByNumber(gate, mlp.gateScale());
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

    private NDArray activate(Mlp mlp, NDArray x) {
        NDArray[] learned =
                mlp.activation().learned().stream().map(weights::vector).toArray(NDArray[]::new);
        return operations.activate(mlp.activation().function().operation(), x, learned);
    }
}
