package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import io.github.swscan.architecture.Bottleneck;
import io.github.swscan.architecture.FeedForward;
import io.github.swscan.architecture.Matrix;
import io.github.swscan.architecture.Mixture;
import io.github.swscan.architecture.Mlp;
import io.github.swscan.architecture.Norm;
import io.github.swscan.architecture.Router;
import io.github.swscan.engine.Operations;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
     * @param unprojected what experts without a down projection give
     */
    record Begun(List<DownProjection> projections, Optional<DownProjection.Output> unprojected) {}

    /**
     * Begins.
     *
     * @param h what it reads [rows, hidden]
     * @param writesStream whether its output is added to the residual stream
     * @param residual the residual stream that its output will be added to [rows, hidden] float32
     */
    Begun begin(FeedForward part, NDArray h, Rows rows, boolean writesStream, NDArray residual) {
        if (part instanceof Mixture mixture) {
            return mixture(mixture, h, rows, writesStream, residual);
        }
        return new Begun(
                part instanceof Mlp mlp ? List.of(mlp(mlp, writesStream, h, rows, Weighing.NONE, residual)) : List.of(),
                Optional.empty());
    }

    /**
     * The output: of an MLP that of its down projection, of a mixture the sum over its experts, each times its routing
     * weight, and the bias.
     *
     * @param outputs not none
     * @return [all rows of the layout, hidden]
     */
    NDArray output(FeedForward part, FeedForwardOutputs outputs, Layout layout) {
        if (part instanceof Mixture mixture) {
            NDArray sum = mixture.isPlainSum() ? sum(outputs.from(0), layout) : joined(mixture, outputs, layout);
            return mixture.outputBias()
                    .map(bias -> operations.addBias(sum, weights.vector(bias)))
                    .orElse(sum);
        }
        return outputs.projected().get(0).y();
    }

    /** The shared experts, and what comes of the sum of the others [rows, hidden] float32. */
    private NDArray joined(Mixture mixture, FeedForwardOutputs outputs, Layout layout) {
        NDArray sum = null;
        for (int i = 0; i < mixture.shared().size(); i++) {
            NDArray own = normed(mixture.shared().get(i).outputNorm(), shared(outputs, i, layout));
            sum = sum == null ? own : operations.add(sum, own);
        }
        NDArray routed = normed(mixture.passage().outputNorm(), widened(mixture, outputs, layout));
        return sum == null ? routed : operations.add(sum, routed);
    }

    private NDArray normed(Optional<Norm> outputNorm, NDArray x) {
        return outputNorm
                .map(given -> norm.apply(given, operations.toFloat32(x)))
                .orElse(x);
    }

    private NDArray shared(FeedForwardOutputs outputs, int expert, Layout layout) {
        return sum(List.of(outputs.projected().get(expert)), layout);
    }

    /** The sum of the experts that the router chooses [rows, hidden]. */
    private NDArray widened(Mixture mixture, FeedForwardOutputs outputs, Layout layout) {
        NDArray sum = sum(outputs.from(mixture.shared().size()), layout);
        return mixture.passage()
                .latent()
                .map(latent ->
                        operations.toFloat32(linear.apply(latent.widen(), norm.toPrecision(sum), Rows.all(layout))))
                .orElse(sum);
    }

    private NDArray sum(List<DownProjection.Output> outputs, Layout layout) {
        NDArray sum = weights.zeros(layout.rows(), outputs.get(0).y().getShape().get(1));
        for (DownProjection.Output output : outputs) {
            NDArray y = output.routingWeights()
                    .map(given -> operations.scaleRows(output.y(), weights.array(given)))
                    .orElse(output.y()); // [rows of the expert, hidden]
            sum = operations.addToRows(sum, weights.array(output.rows().indexes()), y);
        }
        return sum;
    }

    /**
     * What the outputs of each down projection are multiplied by on their way into the sum of the part, and then on.
     *
     * @param onward what the sum is multiplied by
     */
    Map<Matrix, Reach.Factors> factors(
            FeedForward part, FeedForwardOutputs outputs, Layout layout, Reach.Factors onward) {
        Map<Matrix, Reach.Factors> factors = new HashMap<>();
        if (part instanceof Mixture mixture && !mixture.isPlainSum()) {
            for (int i = 0; i < mixture.shared().size(); i++) {
                Mixture.Shared shared = mixture.shared().get(i);
                NDArray own = shared(outputs, i, layout);
                factors.put(shared.mlp().down().matrix(), through(shared.outputNorm(), own, onward));
            }
            Reach.Factors routed = through(mixture.passage().outputNorm(), widened(mixture, outputs, layout), onward);
            Reach.Factors narrow = mixture.passage()
                    .latent()
                    .map(latent ->
                            new Reach.Factors(routed.tokens(), linear.columnNorms(latent.widen(), routed.channels())))
                    .orElse(routed);
            mixture.experts().forEach(expert -> factors.put(expert.down().matrix(), narrow));
        } else {
            part.mlps().forEach(mlp -> factors.put(mlp.down().matrix(), onward));
        }
        return factors;
    }

    private Reach.Factors through(Optional<Norm> outputNorm, NDArray x, Reach.Factors onward) {
        if (outputNorm.isEmpty()) {
            return onward;
        }
        Reach.Factors factors = onward.copy();
        norm.multiplyFactors(outputNorm.get(), operations.toFloat32(x), factors.tokens(), factors.channels());
        return factors;
    }

    /**
     * What is multiplied by routing weights, one for each row of an expert.
     *
     * @param input of the down projection
     * @param output of the down projection
     */
    private record Weighing(Optional<float[]> input, Optional<float[]> output) {

        static final Weighing NONE = new Weighing(Optional.empty(), Optional.empty());

        static Weighing ofOutput(float[] routingWeights) {
            return new Weighing(Optional.empty(), Optional.of(routingWeights));
        }
    }

    /**
     * @param h the input of some rows [rows, hidden]
     * @param residual the residual stream that the output will be added to [all rows, hidden]
     */
    private DownProjection mlp(
            Mlp mlp, boolean writesStream, NDArray h, Rows rows, Weighing weighing, NDArray residual) {
        NDArray x = Scoped.result(() -> {
            NDArray own = downProjectionInput(mlp, h, rows);
            return weighing.input().map(given -> weighed(own, given)).orElse(own);
        }); // [rows, intermediate]
        NDArray y = linear.apply(mlp.down(), x, rows); // [rows, hidden]
        return new DownProjection(
                mlp, writesStream, residual, x, new DownProjection.Output(rows, y, weighing.output()), compute);
    }

    /** Only the experts that a token goes to are computed, and read. */
    private Begun mixture(Mixture mixture, NDArray h, Rows rows, boolean writesStream, NDArray residual) {
        NDArray read = read(mixture.passage(), h, residual); // [rows, hidden]
        Routing routing = routing(mixture.router(), read, rows, residual);
        List<DownProjection> projections = new ArrayList<>();
        for (int i = 0; i < mixture.shared().size(); i++) {
            Mixture.Shared shared = mixture.shared().get(i);
            Weighing weighing = mixture.router().shared() > 0
                    ? new Weighing(
                            Optional.of(
                                    routing.to(mixture.router().experts() + i).weights()),
                            Optional.empty())
                    : new Weighing(Optional.empty(), shared.gate().map(given -> operations
                            .toFloat32(operations.activate("sigmoid", linear.apply(given, h, rows)))
                            .toFloatArray()));
            projections.add(mlp(shared.mlp(), writesStream, h, rows, weighing, residual));
        }
        Optional<Bottleneck> latent = mixture.passage().latent();
        NDArray input =
                latent.map(given -> linear.apply(given.narrow(), read, rows)).orElse(read);
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
                NDArray ownInput = operations.selectRows(input, weights.array(own.indexes()));
                boolean before = mixture.router().weighsInput();
                projections.add(mlp(
                        expert,
                        writesStream && latent.isEmpty(),
                        before ? weighed(ownInput, assigned.weights()) : ownInput,
                        own,
                        before ? Weighing.NONE : Weighing.ofOutput(assigned.weights()),
                        residual));
            }
        }
        return new Begun(projections, unprojected(mixture, routing, input, rows));
    }

    /** What the experts that the router chooses from read [rows, hidden]. */
    private NDArray read(Mixture.Passage passage, NDArray h, NDArray residual) {
        if (passage.ofBlockBefore()) {
            return compute.carried().feedForwardInput();
        }
        return passage.norm()
                .map(given -> norm.toPrecision(norm.apply(given, residual)))
                .orElse(h);
    }

    private Routing routing(Router router, NDArray read, Rows rows, NDArray residual) {
        NDArray input = router.norm().map(given -> norm.apply(given, residual)).orElse(read);
        // In float32: the nearer two experts are, the less rounding it takes to swap them.
        NDArray logits = linear.apply(router.linear(), operations.toFloat32(input), rows); // [rows, experts]
        NDArray scaled = router.logitScale() == 1 ? logits : operations.multiplyByNumber(logits, router.logitScale());
        return Routing.of(
                router,
                scaled.toFloatArray(),
                router.correction().map(given -> weights.vector(given.tensor()).toFloatArray()),
                factors(router),
                router.table().map(table -> weights.indexes(table.tensor(), rows.ids(), router.experts())));
    }

    /** What the weights of each expert are multiplied by beside the number that all have in common. */
    private Optional<float[]> factors(Router router) {
        if (router.expertScales().isEmpty() && router.scaleTensor().isEmpty()) {
            return Optional.empty();
        }
        float[] factors = router.expertScales()
                .map(name -> weights.vector(name).toFloatArray())
                .orElseGet(() -> ones(router.linear().outputs()));
        router.scaleTensor().ifPresent(name -> {
            float scale = weights.vector(name).toFloatArray()[0];
            for (int expert = 0; expert < factors.length; expert++) {
                factors[expert] *= scale;
            }
        });
        return Optional.of(factors);
    }

    private static float[] ones(int count) {
        float[] ones = new float[count];
        Arrays.fill(ones, 1);
        return ones;
    }

    /** What the experts give together that give back what they read. */
    private Optional<DownProjection.Output> unprojected(Mixture mixture, Routing routing, NDArray input, Rows rows) {
        if (mixture.identities() == 0) {
            return Optional.empty();
        }
        float[] together = new float[rows.count()];
        for (int i = 0; i < mixture.identities(); i++) {
            Routing.Assigned assigned = routing.to(mixture.experts().size() + i);
            for (int row = 0; row < assigned.rows().length; row++) {
                together[assigned.rows()[row]] += assigned.weights()[row];
            }
        }
        return Optional.of(new DownProjection.Output(rows, input, Optional.of(together)));
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
            NDArray both = linear.apply(fused.gateUp(), fused.adapter(), h, rows); // [rows, 2 * intermediate]
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
