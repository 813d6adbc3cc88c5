package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import io.github.swscan.architecture.Block;
import io.github.swscan.architecture.FeedForward;
import io.github.swscan.architecture.Mixture;
import io.github.swscan.architecture.Mlp;
import io.github.swscan.architecture.Residual;
import io.github.swscan.engine.Operations;
import java.util.List;
import java.util.Optional;

/** One block of the decoder, for all families and all branches at once. */
final class BlockPass {

    private final TokenMixerPass tokenMixing;
    private final FeedForwardPass feedForward;
    private final LinearPass linear;
    private final NormPass normalization;
    private final Operations operations;
    private final Weights weights;

    BlockPass(
            TokenMixerPass tokenMixing,
            LinearPass linear,
            NormPass normalization,
            Operations operations,
            Weights weights) {
        this.tokenMixing = tokenMixing;
        this.feedForward = new FeedForwardPass(linear, normalization, operations, weights);
        this.linear = linear;
        this.normalization = normalization;
        this.operations = operations;
        this.weights = weights;
    }

    /** The residual stream after the block. The probe may have changed which branches it holds. */
    ResidualStream forward(Block block, ResidualStream stream, Probe probe) {
        NDArray h = stream.hidden(); // [rows, hidden]
        Rows rows = Rows.all(stream.layout());

        Residual mixerResidual = block.mixerResidual();
        NDArray afterMixer = Scoped.result(() -> {
            NDArray input = normalization.input(mixerResidual, h);
            NDArray mixed = tokenMixing.apply(block.layer(), block.mixer(), normalization.toPrecision(input), rows);
            return normalization.join(mixerResidual, mixerResidual.skipsNormed() ? input : h, mixed);
        }); // [rows, hidden]

        Residual residual = block.feedForwardResidual();
        NDArray feedForwardInput = normalization.input(residual, block.parallel() ? h : afterMixer);
        NDArray skipped = residual.skipsNormed() ? feedForwardInput : afterMixer;
        DownProjections site = new DownProjections(
                block.layer(),
                downProjections(block.feedForward(), normalization.toPrecision(feedForwardInput), rows, skipped),
                outputBias(block.feedForward()),
                residual,
                new ResidualStream(skipped, stream.layout()),
                normalization,
                linear,
                operations,
                weights);
        probe.visit(site);
        return site.settle();
    }

    private List<DownProjection> downProjections(FeedForward part, NDArray x, Rows rows, NDArray skipped) {
        if (part instanceof Mixture mixture) {
            return feedForward.mixture(mixture, x, rows, skipped);
        }
        return List.of(feedForward.mlp((Mlp) part, x, rows, Optional.empty(), skipped));
    }

    private static Optional<String> outputBias(FeedForward part) {
        return part instanceof Mixture mixture ? mixture.outputBias() : Optional.empty();
    }
}
