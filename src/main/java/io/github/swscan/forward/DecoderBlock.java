package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import io.github.swscan.architecture.Block;
import io.github.swscan.architecture.Mlp;
import io.github.swscan.engine.Operations;

/** One block of the decoder, for all families and all branches at once. */
final class DecoderBlock {

    private final SelfAttention attention;
    private final LinearMap linear;
    private final Normalization normalization;
    private final Operations operations;
    private final Weights weights;

    DecoderBlock(
            SelfAttention attention,
            LinearMap linear,
            Normalization normalization,
            Operations operations,
            Weights weights) {
        this.attention = attention;
        this.linear = linear;
        this.normalization = normalization;
        this.operations = operations;
        this.weights = weights;
    }

    /** The residual stream after the block. The probe may have changed which branches it holds. */
    ResidualStream forward(Block block, ResidualStream stream, Probe probe) {
        NDArray h = stream.hidden(); // [rows, hidden]
        Layout layout = stream.layout();

        NDArray attentionInput = normalization.toPrecision(normalization.apply(block.attentionNorm(), h));
        h = operations.add(h, attention.apply(block.attention(), attentionInput, layout)); // [rows, hidden]

        NDArray mlpInput = normalization.toPrecision(normalization.apply(block.mlpNorm(), h));
        NDArray x = downProjectionInput(block.mlp(), mlpInput, layout); // [rows, intermediate]
        NDArray y = linear.apply(block.mlp().down(), x, layout); // [rows, hidden]

        DownProjection site = new DownProjection(
                block.layer(), block.mlp().down(), new ResidualStream(h, layout), x, y, linear, operations, weights);
        probe.visit(site);
        return site.settle();
    }

    /** activation(gate(x)) * up(x), or activation(up(x)) without a gate: [rows, hidden] -> [rows, intermediate]. */
    private NDArray downProjectionInput(Mlp mlp, NDArray x, Layout layout) {
        String activation = mlp.activation().operation();
        NDArray up = linear.apply(mlp.up(), x, layout);
        if (mlp.gate().isEmpty()) {
            return operations.activate(activation, up);
        }
        NDArray gate = linear.apply(mlp.gate().get(), x, layout);
        return operations.multiply(operations.activate(activation, gate), up);
    }
}
