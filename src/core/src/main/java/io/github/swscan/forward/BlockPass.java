package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import io.github.swscan.architecture.AltUp;
import io.github.swscan.architecture.Block;
import io.github.swscan.architecture.InputConvolution;
import io.github.swscan.architecture.NoMixer;
import io.github.swscan.architecture.Residual;
import io.github.swscan.engine.Operations;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * One block, for all families and all branches at once:
 *
 * <pre>
 *     a  = h + mixer(norm(h))
 *     h' = a + feedForward(norm(a))
 * </pre>
 *
 * and perhaps an {@link InputConvolution} behind. A block may lack either part; then it is left out. In a parallel block the feed-forward part reads norm(h) instead of norm(a). Where else norms stand, and what the two
 * summands are multiplied by, {@link Residual} says.
 */
final class BlockPass {

    private final Compute compute;
    private final Optional<AltUpPass> altUp;
    private final LayerInputsPass layerInputs;
    private final TokenMixerPass tokenMixer;
    private final FeedForwardPass feedForward;
    private final InputConvolutionPass convolution;
    private final NormPass norm;
    private final Operations operations;

    BlockPass(TokenMixerPass tokenMixer, LayerInputsPass layerInputs, Optional<AltUpPass> altUp, Compute compute) {
        this.compute = compute;
        this.altUp = altUp;
        this.layerInputs = layerInputs;
        this.tokenMixer = tokenMixer;
        this.feedForward = new FeedForwardPass(compute);
        this.convolution = new InputConvolutionPass(compute);
        this.norm = compute.norm();
        this.operations = compute.operations();
    }

    /** The residual stream after the block. The probe may have changed which branches it holds. */
    ResidualStream forward(Block block, ResidualStream stream, Probe probe) {
        Residual first = block.mixerResidual(); // of a
        Residual second = block.feedForwardResidual(); // of h'
        Optional<NDArray> streams = block.altUp().map(given -> altUp().predicted(given, stream.hidden()));
        NDArray h = streams.map(several -> altUp().active(several)).orElse(stream.hidden()); // [rows, hidden]
        Rows rows = Rows.all(stream.layout());

        NDArray a = block.mixer() instanceof NoMixer
                ? h
                : Scoped.result(() -> {
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
                        block,
                        () -> branches.apply(h, compute),
                        branches.apply(skipped, compute),
                        outputs,
                        branches.layout()));
        probe.visit(projections);
        Rearrangement branches = projections.rearrangement();
        NDArray kept = branches.apply(skipped, compute); // [rows of the branches from here on, hidden]
        compute.carried().rearrange(branches, compute);
        NDArray output = added(
                block,
                () -> branches.apply(h, compute),
                kept,
                projections.outputs(branches),
                branches.layout()); // [the same]
        NDArray behind = streams.map(
                        several -> joined(block, branches.apply(several, compute), output, branches.layout()))
                .orElseGet(() -> finished(block, output, branches.layout()));
        return new ResidualStream(behind, branches.layout());
    }

    /** The residual streams behind the block, of those before it and its output [rows, streams * hidden]. */
    private NDArray joined(Block block, NDArray predicted, NDArray output, Layout layout) {
        AltUp.Coefficients own = block.altUp().orElseThrow();
        NDArray corrected = altUp().corrected(own, predicted, output);
        return block.inputs()
                .map(reading -> altUp().addedBehindFirst(
                                corrected,
                                layerInputs.read(
                                        block.layer(), reading, altUp().read(own, corrected), Rows.all(layout))))
                .orElse(corrected);
    }

    private AltUpPass altUp() {
        return altUp.orElseThrow();
    }

    /** s with what the feed-forward part adds, and the convolution of h, where there are such [rows, hidden]. */
    private NDArray added(
            Block block, Supplier<NDArray> h, NDArray s, List<DownProjection.Output> outputs, Layout layout) {
        NDArray sum = outputs.isEmpty()
                ? s
                : sum(block.feedForwardResidual(), s, feedForward.output(block.feedForward(), outputs));
        return block.convolution()
                .map(given -> norm.apply(
                        Optional.of(given.norm()), operations.add(sum, convolution.apply(given, h.get(), layout))))
                .orElse(sum);
    }

    /** h': the only residual stream, with what the block reads of its other inputs [rows, hidden]. */
    private NDArray finished(Block block, NDArray h, Layout layout) {
        NDArray read = block.inputs()
                .map(reading -> operations.add(h, layerInputs.read(block.layer(), reading, h, Rows.all(layout))))
                .orElse(h);
        return block.scale()
                .map(name -> operations.multiply(read, compute.weights().vector(name)))
                .orElse(read);
    }

    /** sumNorm(skipScale · s + outputScale · outputNorm(f)): each [rows, hidden], s and the sum in float32. */
    private NDArray sum(Residual residual, NDArray s, NDArray f) {
        NDArray normed = residual.outputNorm()
                .map(given -> norm.apply(given, operations.toFloat32(f)))
                .orElse(f);
        NDArray sum = operations.add(scaled(s, residual.skipScale()), scaled(normed, residual.outputScale()));
        return norm.apply(residual.sumNorm(), sum);
    }

    /** How the feed-forward part comes into {@link #added}, beside s, in a block that h came into: each [rows, hidden]. */
    private Reach reach(
            Block block, Supplier<NDArray> h, NDArray s, List<DownProjection.Output> outputs, Layout layout) {
        Residual residual = block.feedForwardResidual();
        float[] tokens = new float[layout.rows()];
        float[] channels = new float[Math.toIntExact(s.getShape().get(1))];
        Arrays.fill(tokens, (float) Math.abs(residual.outputScale()));
        Arrays.fill(
                channels,
                block.scale()
                        .map(name -> Math.abs(compute.weights().vector(name).toFloatArray()[0]))
                        .orElse(1f));
        if (!outputs.isEmpty()) {
            NDArray f = feedForward.output(block.feedForward(), outputs); // [rows, hidden]
            residual.outputNorm()
                    .ifPresent(given -> norm.multiplyFactors(given, operations.toFloat32(f), tokens, channels));
            residual.sumNorm()
                    .ifPresent(given ->
                            norm.multiplyFactors(given, sum(residual.withoutSumNorm(), s, f), tokens, channels));
        }
        Rows rows = Rows.all(layout);
        List<TokenPlace> places =
                IntStream.range(0, rows.count()).mapToObj(rows::token).toList();
        NDArray output = added(block, h, s, outputs, layout);
        NDArray hidden = block.altUp().isPresent() ? output : finished(block, output, layout);
        return new Reach(places, tokens, channels, hidden.toFloatArray());
    }

    private NDArray scaled(NDArray x, double scale) {
        return scale == 1 ? x : operations.multiplyByNumber(x, scale);
    }
}
