package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import io.github.swscan.architecture.Block;
import io.github.swscan.architecture.Residual;
import io.github.swscan.engine.Operations;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One block of the decoder, for all families and all branches at once:
 *
 * <pre>
 *     a  = h + mixer(norm(h))
 *     h' = a + feedForward(norm(a))
 * </pre>
 *
 * In a parallel block the feed-forward part reads norm(h) instead of norm(a). Where else norms stand, and what the two
 * summands are multiplied by, {@link Residual} says.
 */
final class BlockPass {

    private final Compute compute;
    private final TokenMixerPass tokenMixer;
    private final FeedForwardPass feedForward;
    private final NormPass norm;
    private final Operations operations;

    BlockPass(TokenMixerPass tokenMixer, Compute compute) {
        this.compute = compute;
        this.tokenMixer = tokenMixer;
        this.feedForward = new FeedForwardPass(compute);
        this.norm = compute.norm();
        this.operations = compute.operations();
    }

    /** The residual stream after the block. The probe may have changed which branches it holds. */
    ResidualStream forward(Block block, ResidualStream stream, Probe probe) {
        Residual first = block.mixerResidual(); // of a
        Residual second = block.feedForwardResidual(); // of h'
        NDArray h = stream.hidden(); // [rows, hidden]
        Rows rows = Rows.all(stream.layout());

        NDArray a = Scoped.result(() -> {
            NDArray x = norm.apply(first.inputNorm(), h); // [rows, hidden]
            NDArray mixed = tokenMixer.apply(block.layer(), block.mixer(), norm.toPrecision(x), rows);
            return sum(first, first.skipsNormed() ? x : h, mixed);
        }); // [rows, hidden]

        NDArray x = norm.apply(second.inputNorm(), block.parallel() ? h : a); // [rows, hidden]
        NDArray skipped = second.skipsNormed() ? x : a; // [rows, hidden]
        DownProjections projections = new DownProjections(
                block.layer(),
                feedForward.downProjections(block.feedForward(), norm.toPrecision(x), rows, skipped),
                stream.layout(),
                (branches, outputs) -> reach(
                        second,
                        branches.apply(skipped, compute),
                        feedForward.output(block.feedForward(), outputs),
                        branches.layout()));
        probe.visit(projections);
        Rearrangement branches = projections.rearrangement();
        NDArray kept = branches.apply(skipped, compute); // [rows of the branches from here on, hidden]
        NDArray output = feedForward.output(block.feedForward(), projections.outputs(branches)); // [the same]
        return new ResidualStream(sum(second, kept, output), branches.layout());
    }

    /** sumNorm(skipScale · s + outputScale · outputNorm(f)): each [rows, hidden], s and the sum in float32. */
    private NDArray sum(Residual residual, NDArray s, NDArray f) {
        NDArray normed = residual.outputNorm()
                .map(given -> norm.apply(given, operations.toFloat32(f)))
                .orElse(f);
        NDArray sum = operations.add(scaled(s, residual.skipScale()), scaled(normed, residual.outputScale()));
        return norm.apply(residual.sumNorm(), sum);
    }

    /** How f comes into {@link #sum}, beside s: each [rows, hidden]. */
    private Reach reach(Residual residual, NDArray s, NDArray f, Layout layout) {
        NDArray output = operations.toFloat32(f);
        float[] tokens = new float[layout.rows()];
        float[] channels = new float[Math.toIntExact(f.getShape().get(1))];
        Arrays.fill(tokens, (float) Math.abs(residual.outputScale()));
        Arrays.fill(channels, 1);
        residual.outputNorm().ifPresent(given -> norm.multiplyFactors(given, output, tokens, channels));
        residual.sumNorm().ifPresent(given -> {
            NDArray sum = sum(residual.withoutSumNorm(), s, f);
            norm.multiplyFactors(given, sum, tokens, channels);
        });
        Rows rows = Rows.all(layout);
        List<TokenPlace> places =
                IntStream.range(0, rows.count()).mapToObj(rows::token).toList();
        return new Reach(places, tokens, channels, sum(residual, s, f).toFloatArray());
    }

    private NDArray scaled(NDArray x, double scale) {
        return scale == 1 ? x : operations.multiplyByNumber(x, scale);
    }
}
