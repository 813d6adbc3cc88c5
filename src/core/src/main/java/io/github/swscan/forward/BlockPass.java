package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import io.github.swscan.architecture.AltUp;
import io.github.swscan.architecture.Aside;
import io.github.swscan.architecture.Block;
import io.github.swscan.architecture.HyperConnections;
import io.github.swscan.architecture.InputConvolution;
import io.github.swscan.architecture.Matrix;
import io.github.swscan.architecture.NoMixer;
import io.github.swscan.architecture.Residual;
import io.github.swscan.engine.Operations;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
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
    private final Optional<ResidualStreamsPass> streams;
    private final LayerInputsPass layerInputs;
    private final NGramInputsPass ngrams;
    private final TokenMixerPass tokenMixer;
    private final FeedForwardPass feedForward;
    private final InputConvolutionPass convolution;
    private final ChannelConvolutionPass outputConvolution;
    private final Optional<Past> past;
    private final NormPass norm;
    private final Operations operations;

    /** @param past what the tokens before have left, where they are not in the sequences */
    BlockPass(
            TokenMixerPass tokenMixer,
            LayerInputsPass layerInputs,
            NGramInputsPass ngrams,
            Optional<ResidualStreamsPass> streams,
            Optional<Past> past,
            Compute compute) {
        this.compute = compute;
        this.streams = streams;
        this.layerInputs = layerInputs;
        this.ngrams = ngrams;
        this.tokenMixer = tokenMixer;
        this.feedForward = new FeedForwardPass(compute);
        this.convolution = new InputConvolutionPass(compute);
        this.outputConvolution = new ChannelConvolutionPass(compute);
        this.past = past;
        this.norm = compute.norm();
        this.operations = compute.operations();
    }

    /** The residual stream after the block. The probe may have changed which branches it holds. */
    ResidualStream forward(Block block, ResidualStream stream, Probe probe) {
        if (block.layer() == 0) {
            compute.carried().keepEmbedding(stream.hidden());
        }
        if (block.aside().isPresent()) {
            return forwardBeside(block, block.aside().get(), stream, probe);
        }
        return block.connections()
                .map(connections -> forwardConnected(block, connections, stream, probe))
                .orElseGet(() -> forwardAlong(block, stream, probe));
    }

    /** A block of which a part stands beside the stream; {@link Aside} has the equations. */
    private ResidualStream forwardBeside(Block block, Aside aside, ResidualStream stream, Probe probe) {
        NDArray h = stream.hidden(); // [rows, hidden]
        Rows rows = Rows.all(stream.layout());
        NDArray input = Scoped.result(() -> {
            NDArray both = NDArrays.concat(new NDList(h, compute.carried().embedding()), 1);
            NDArray x = norm.toPrecision(norm.apply(aside.norm(), both)); // [rows, 2 * hidden]
            NDArray mixed = tokenMixer.applyAside(block.layer(), aside.mixer(), x, rows, probe);
            return norm.toPrecision(norm.apply(aside.feedForwardNorm(), operations.toFloat32(mixed)));
        }); // [rows, hidden]
        FeedForwardPass.Begun begun = feedForward.begin(block.feedForward(), input, rows, false, h);
        DownProjections projections = visited(
                block,
                begun,
                stream.layout(),
                probe,
                (branches, outputs) ->
                        reachBeside(block, aside, branches.apply(h, compute), outputs, branches.layout()));
        Rearrangement branches = projections.rearrangement();
        NDArray kept = branches.apply(h, compute); // [rows of the branches from here on, hidden]
        FeedForwardOutputs outputs = projections.outputs(branches);
        compute.carried().rearrange(branches, compute);
        Rows all = Rows.all(branches.layout());
        NDArray read = beside(block, aside, kept, outputs, branches.layout());
        NDArray behind = Scoped.result(() -> {
            Residual residual = block.mixerResidual();
            NDArray x = norm.toPrecision(norm.apply(residual.inputNorm(), read));
            NDArray mixed = tokenMixer.apply(block.layer(), block.mixer(), x, all, probe);
            return sum(residual, kept, convolved(residual, mixed, branches.layout(), pastOfMixer(block)));
        });
        return new ResidualStream(behind, branches.layout());
    }

    /** h + t: the stream with what stands beside it [rows, hidden]. */
    private NDArray beside(Block block, Aside aside, NDArray h, FeedForwardOutputs outputs, Layout layout) {
        NDArray f = norm.toPrecision(feedForward.output(block.feedForward(), outputs, layout));
        NDArray t = compute.linear().apply(aside.output(), f, Rows.all(layout));
        return operations.add(h, operations.toFloat32(t));
    }

    /** How the feed-forward part comes into what the token mixer reads. */
    private Reach reachBeside(Block block, Aside aside, NDArray h, FeedForwardOutputs outputs, Layout layout) {
        float[] tokens = new float[layout.rows()];
        float[] channels = new float[aside.output().outputs()];
        Arrays.fill(tokens, 1);
        Arrays.fill(channels, 1);
        Reach.Factors onward = new Reach.Factors(tokens, compute.linear().columnNorms(aside.output(), channels));
        return new Reach(
                places(layout),
                List.of(feedForward.factors(block.feedForward(), outputs, layout, onward)),
                beside(block, aside, h, outputs, layout).toFloatArray());
    }

    /** The down projections of a block, when the probe has looked at them and may have changed which branches there are. */
    private DownProjections visited(
            Block block, FeedForwardPass.Begun begun, Layout layout, Probe probe, DownProjections.Onward onward) {
        DownProjections projections =
                new DownProjections(block.layer(), begun.projections(), begun.unprojected(), layout, compute, onward);
        probe.visit(projections);
        return projections;
    }

    private static List<TokenPlace> places(Layout layout) {
        Rows rows = Rows.all(layout);
        return IntStream.range(0, rows.count()).mapToObj(rows::token).toList();
    }

    /** A block of which each part takes of several streams, and gives to them. */
    private ResidualStream forwardConnected(
            Block block, HyperConnections.OfBlock connections, ResidualStream stream, Probe probe) {
        Residual second = block.feedForwardResidual();
        Rows rows = Rows.all(stream.layout());
        NDArray several = Scoped.result(() -> {
            NDArray entering = block.ngrams()
                    .map(given -> ngrams.added(block.layer(), given, stream.hidden(), rows))
                    .orElse(stream.hidden());
            HyperConnectionsPass.Met met = connected().meet(connections.mixer(), entering, rows);
            NDArray x = norm.toPrecision(norm.apply(block.mixerResidual().inputNorm(), met.x()));
            NDArray mixed = tokenMixer.apply(block.layer(), block.mixer(), x, rows, probe);
            return met.with(operations.toFloat32(mixed), operations);
        }); // [rows, streams * hidden]

        HyperConnectionsPass.Met met = connected().meet(connections.feedForward(), several, rows);
        NDArray input = norm.toPrecision(norm.apply(second.inputNorm(), met.x()));
        FeedForwardPass.Begun begun = feedForward.begin(block.feedForward(), input, rows, true, met.mixed());
        DownProjections projections = visited(
                block,
                begun,
                stream.layout(),
                probe,
                (branches, outputs) ->
                        reachConnected(block, met.rearranged(branches, compute), outputs, branches.layout()));
        Rearrangement branches = projections.rearrangement();
        HyperConnectionsPass.Met kept = met.rearranged(branches, compute);
        FeedForwardOutputs outputs = projections.outputs(branches);
        compute.carried().rearrange(branches, compute);
        return new ResidualStream(connected(block, kept, outputs, branches.layout()), branches.layout());
    }

    /** The streams behind a block [rows, streams * hidden]. */
    private NDArray connected(Block block, HyperConnectionsPass.Met met, FeedForwardOutputs outputs, Layout layout) {
        NDArray f = feedForward.output(block.feedForward(), outputs, layout);
        return met.with(operations.toFloat32(f), operations);
    }

    /** How the feed-forward part comes into all streams together. */
    private Reach reachConnected(Block block, HyperConnectionsPass.Met met, FeedForwardOutputs outputs, Layout layout) {
        float[] given = met.given().toFloatArray();
        float[] tokens = new float[layout.rows()];
        int count = given.length / Math.max(1, tokens.length);
        for (int row = 0; row < tokens.length; row++) {
            double squares = 0;
            for (int i = row * count; i < (row + 1) * count; i++) {
                squares += (double) given[i] * given[i];
            }
            tokens[row] = (float) Math.sqrt(squares);
        }
        float[] channels = new float[Math.toIntExact(met.x().getShape().get(1))];
        Arrays.fill(channels, 1);
        return new Reach(
                places(layout),
                List.of(feedForward.factors(block.feedForward(), outputs, layout, new Reach.Factors(tokens, channels))),
                connected(block, met, outputs, layout).toFloatArray());
    }

    private ResidualStream forwardAlong(Block block, ResidualStream stream, Probe probe) {
        Residual first = block.mixerResidual(); // of a
        Residual second = block.feedForwardResidual(); // of h'
        Optional<NDArray> streams = block.altUp().map(given -> altUp().predicted(given, stream.hidden()));
        NDArray h = streams.map(several -> altUp().active(several)).orElse(stream.hidden()); // [rows, hidden]
        Rows rows = Rows.all(stream.layout());

        NDArray a = block.mixer() instanceof NoMixer
                ? h
                : Scoped.result(() -> {
                    NDArray x = norm.apply(first.inputNorm(), h); // [rows, hidden]
                    NDArray mixed = tokenMixer.apply(block.layer(), block.mixer(), norm.toPrecision(x), rows, probe);
                    return sum(
                            first,
                            first.skipsNormed() ? x : h,
                            convolved(first, mixed, stream.layout(), pastOfMixer(block)));
                }); // [rows, hidden]

        NDArray x = norm.apply(second.inputNorm(), block.parallel() ? h : a); // [rows, hidden]
        NDArray skipped = second.skipsNormed() ? x : a; // [rows, hidden]
        NDArray input = norm.toPrecision(x);
        FeedForwardPass.Begun begun = feedForward.begin(block.feedForward(), input, rows, true, skipped);
        compute.carried().keepFeedForwardInput(block.layer(), input);
        DownProjections projections = visited(
                block,
                begun,
                stream.layout(),
                probe,
                (branches, outputs) -> reach(
                        block,
                        streams.map(several -> branches.apply(several, compute)),
                        () -> branches.apply(h, compute),
                        branches.apply(skipped, compute),
                        outputs,
                        branches.layout()));
        Rearrangement branches = projections.rearrangement();
        NDArray kept = branches.apply(skipped, compute); // [rows of the branches from here on, hidden]
        FeedForwardOutputs outputs = projections.outputs(branches);
        compute.carried().rearrange(branches, compute);
        NDArray output = added(
                block,
                () -> branches.apply(h, compute),
                kept,
                outputs,
                branches.layout(),
                past(block, Past.Keeper.FEED_FORWARD_CONVOLUTION)); // [the same]
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
        return (AltUpPass) streams.orElseThrow();
    }

    private HyperConnectionsPass connected() {
        return (HyperConnectionsPass) streams.orElseThrow();
    }

    /** s with what the feed-forward part adds, and the convolution of h, where there are such [rows, hidden]. */
    private NDArray added(
            Block block,
            Supplier<NDArray> h,
            NDArray s,
            FeedForwardOutputs outputs,
            Layout layout,
            Optional<Past.Layer> before) {
        Residual residual = block.feedForwardResidual();
        NDArray sum = outputs.areNone()
                ? s
                : sum(
                        residual,
                        s,
                        convolved(residual, feedForward.output(block.feedForward(), outputs, layout), layout, before));
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

    private Optional<Past.Layer> past(Block block, Past.Keeper keeper) {
        return past.map(tokens -> tokens.of(block.layer(), 0).of(keeper));
    }

    private Optional<Past.Layer> pastOfMixer(Block block) {
        return past(block, Past.Keeper.MIXER_CONVOLUTION);
    }

    /** convolution(f) [rows, hidden]. */
    private NDArray convolved(Residual residual, NDArray f, Layout layout, Optional<Past.Layer> before) {
        return outputConvolution.apply(residual.convolution(), f, layout, before);
    }

    /** sumNorm(skipScale · s + outputScale · outputNorm(f)): each [rows, hidden], s and the sum in float32. */
    private NDArray sum(Residual residual, NDArray s, NDArray f) {
        NDArray normed = residual.outputNorm()
                .map(given -> norm.apply(given, operations.toFloat32(f)))
                .orElse(f);
        NDArray skipped = residual.skipScales()
                .map(name -> operations.multiply(s, compute.weights().vector(name)))
                .orElse(s);
        NDArray weighed = residual.outputScaleTensor()
                .map(name -> operations.multiply(normed, compute.weights().vector(name)))
                .orElse(normed);
        NDArray sum = operations.add(scaled(skipped, residual.skipScale()), scaled(weighed, residual.outputScale()));
        return norm.apply(residual.sumNorm(), sum);
    }

    /**
     * How the feed-forward part comes into the residual stream behind the block, of several the active one.
     *
     * @param streams before the block, where there are several [rows, streams * hidden]
     * @param h the stream that came into the block [rows, hidden]
     * @param s what the part is added to [rows, hidden]
     */
    private Reach reach(
            Block block,
            Optional<NDArray> streams,
            Supplier<NDArray> h,
            NDArray s,
            FeedForwardOutputs outputs,
            Layout layout) {
        Residual residual = block.feedForwardResidual();
        float[] tokens = new float[layout.rows()];
        float[] channels = new float[Math.toIntExact(s.getShape().get(1))];
        Arrays.fill(tokens, (float) Math.abs(outputScale(residual)));
        Arrays.fill(
                channels,
                block.scale()
                        .map(name -> Math.abs(compute.weights().vector(name).toFloatArray()[0]))
                        .orElse(1f));
        if (!outputs.areNone()) {
            NDArray f = feedForward.output(block.feedForward(), outputs, layout); // [rows, hidden]
            residual.outputNorm()
                    .ifPresent(given -> norm.multiplyFactors(given, operations.toFloat32(f), tokens, channels));
            residual.sumNorm()
                    .ifPresent(given ->
                            norm.multiplyFactors(given, sum(residual.withoutSumNorm(), s, f), tokens, channels));
        }
        NDArray output = added(block, h, s, outputs, layout, Optional.empty());
        block.altUp().ifPresent(own -> {
            float[] taken = altUp().factors(own, output);
            for (int row = 0; row < tokens.length; row++) {
                tokens[row] *= Math.abs(taken[row]);
            }
        });
        NDArray hidden = streams.map(several -> altUp().active(joined(block, several, output, layout)))
                .orElseGet(() -> finished(block, output, layout));
        List<Map<Matrix, Reach.Factors>> factors = outputs.areNone()
                ? List.of()
                : delayed(residual, channels).stream()
                        .map(own -> feedForward.factors(
                                block.feedForward(), outputs, layout, new Reach.Factors(tokens, own)))
                        .toList();
        return new Reach(places(layout), factors, hidden.toFloatArray());
    }

    private double outputScale(Residual residual) {
        return residual.outputScale()
                * residual.outputScaleTensor()
                        .map(name -> compute.weights().vector(name).toFloatArray()[0])
                        .orElse(1f);
    }

    /** Factors of channels, times those of the convolution for the token itself and for each of those behind it. */
    private List<float[]> delayed(Residual residual, float[] channels) {
        if (residual.convolution().isEmpty()) {
            return List.of(channels);
        }
        return Arrays.stream(outputConvolution.factors(residual.convolution().get()))
                .map(factors -> {
                    float[] own = channels.clone();
                    for (int channel = 0; channel < own.length; channel++) {
                        own[channel] *= factors[channel];
                    }
                    return own;
                })
                .toList();
    }

    private NDArray scaled(NDArray x, double scale) {
        return scale == 1 ? x : operations.multiplyByNumber(x, scale);
    }
}
