package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Block;
import io.github.swscan.architecture.Embedding;
import io.github.swscan.architecture.Embedding.Projected;
import io.github.swscan.architecture.Head;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.engine.Operations;
import io.github.swscan.weight.Site;
import io.github.swscan.weight.Sites;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;

/**
 * One reading of a checkpoint: all tokens of all branches go through the model together, layer after layer; each layer's
 * weights are read once, used and let go.
 *
 * <p>Owns the run's native memory until it is closed. Not for use by several threads at once.
 */
public final class ForwardPass implements AutoCloseable {

    /** In bytes: what a disk reads in the time that the engine takes to start, and no more than memory has room for. */
    private static final long READ_BEFORE_THE_PASS = 1L << 30;

    private final Architecture architecture;
    private final Operations operations;
    private final Weights weights;
    private final Compute compute;
    private final LayerInputsPass layerInputs;
    private final Optional<ResidualStreamsPass> streams;
    private final TokenMixerPass tokenMixer;
    private final BlockPass decoder;
    private final Sequences sequences;
    private final Branch original;

    /**
     * @param sequences token ids within the vocabulary; where positions are learned, none longer than the context
     * @param bytesRead is told of every part of the checkpoint that is read, in bytes
     */
    public ForwardPass(RunnableModel model, Sequences sequences, LongConsumer bytesRead) {
        this(model, sequences, bytesRead, Weights.LONGEST_SLICE);
    }

    ForwardPass(RunnableModel model, Sequences sequences, LongConsumer bytesRead, long longestSlice) {
        this(model, sequences, bytesRead, longestSlice, Optional.empty(), copiedAhead(model));
    }

    /** @param past what the tokens before have left, to which these add */
    ForwardPass(RunnableModel model, Sequences sequences, LongConsumer bytesRead, Past past) {
        this(model, sequences, bytesRead, Weights.LONGEST_SLICE, Optional.of(past), copiedAhead(model));
    }

    /** @param copiedAhead how many bytes are copied to the device before they are used, see {@link Weights} */
    ForwardPass(
            RunnableModel model,
            Sequences sequences,
            LongConsumer bytesRead,
            long longestSlice,
            Optional<Past> past,
            OptionalLong copiedAhead) {
        this.architecture = model.architecture();
        this.operations = model.engine().operations();
        this.weights = new Weights(
                model.checkpoint(), model.engine(), model.precision(), bytesRead, longestSlice, copiedAhead);
        this.original = new Branch(sequences.all(), List.of());
        this.compute = new Compute(
                new LinearPass(weights, operations, original),
                new NormPass(weights, operations, model.precision()),
                operations,
                new Carried(architecture),
                weights);
        this.layerInputs = new LayerInputsPass(architecture.embedding(), compute, sequences);
        this.tokenMixer = new TokenMixerPass(compute, sequences, past);
        this.streams = architecture.streams().map(given -> ResidualStreamsPass.of(given, compute));
        this.decoder =
                new BlockPass(tokenMixer, layerInputs, new NGramInputsPass(compute, past), streams, past, compute);
        this.sequences = sequences;
    }

    private static OptionalLong copiedAhead(RunnableModel model) {
        return model.engine().computesOnCpu() ? OptionalLong.empty() : OptionalLong.of(DeviceCopies.LONGEST_AHEAD);
    }

    /**
     * Has the beginning of a model's weights read from the disk, while the engine starts and text becomes tokens. Returns
     * at once; whatever goes wrong shows when the weights are used.
     */
    public static void readAhead(Architecture architecture, Checkpoint checkpoint) {
        WeightPrefetch.begin(architecture, checkpoint, READ_BEFORE_THE_PASS);
    }

    /** The model without edits, over all sequences. It is in every run. */
    public Branch original() {
        return original;
    }

    /**
     * Runs the model.
     *
     * @param planned further branches; each is split off from the original at the first layer whose weights it changes
     * @param probe sees every down projection
     * @return the last residual stream, to read results from; valid until this pass is closed
     */
    public HeadPass run(List<Branch> planned, Probe probe) {
        return run(Layout.of(sequences, List.of(original)), firstEditedLayers(planned), probe);
    }

    /** Runs branches of equal length side by side from the first layer on. */
    HeadPass run(List<Branch> branches) {
        return run(Layout.of(sequences, branches), Map.of(), Probe.NONE);
    }

    private HeadPass run(Layout layout, Map<Integer, List<Branch>> forksAt, Probe probe) {
        List<Block> blocks = architecture.blocks();
        weights.bringAhead(blocks.get(0).surelyRead());
        layerInputs.prepare();
        ResidualStream stream = Scoped.result(() -> embed(layout), ResidualStream::hidden);
        for (Block block : blocks) {
            if (block.layer() == blocks.size() - 1) {
                weights.readAhead(architecture.head().map(Head::vocabulary).stream());
            } else {
                weights.bringAhead(blocks.get(block.layer() + 1).surelyRead());
            }
            block.mixers().forEach(tokenMixer::prepare);
            ResidualStream before = stream;
            List<Branch> forks = forksAt.getOrDefault(block.layer(), List.of());
            stream = Scoped.result(() -> decoder.forward(block, forked(before, forks), probe), ResidualStream::hidden);
            before.close();
            if (streams.isEmpty()) {
                probe.behind(new StreamBehind(block.layer(), stream, operations));
            }
        }
        return new HeadPass(architecture, left(stream), compute);
    }

    /** What the head reads: the only residual stream, or what there is of several. */
    private ResidualStream left(ResidualStream stream) {
        return streams.map(given -> {
                    NDArray hidden = Scoped.result(() -> given.leave(stream.hidden()));
                    stream.close();
                    return new ResidualStream(hidden, stream.layout());
                })
                .orElse(stream);
    }

    /** How many parts of weights were read ahead, or were to be, and have not been used in their turn. */
    int unused() {
        return weights.unused();
    }

    /** Frees the native memory of the pass, the arrays of its {@link HeadPass} included. */
    @Override
    public void close() {
        weights.close();
    }

    private ResidualStream embed(Layout layout) {
        Embedding embedding = architecture.embedding();
        int[] read = IntStream.of(layout.ids()).map(embedding::row).toArray();
        NDArray rows = weights.lookUp(embedding.tokens(), read); // [rows, size]
        NDArray scaled = embedding.scale() == 1 ? rows : operations.multiplyByNumber(rows, embedding.scale());
        NDArray sum = projected(embedding, Projected.TOKENS, scaled); // [rows, size of the sum]
        for (Embedding.Types types : embedding.types()) {
            sum = operations.add(sum, weights.lookUp(types.tensor(), new int[] {0}));
        }
        if (embedding.positions().isPresent()) {
            sum = operations.add(sum, positions(embedding, layout));
        }
        NDArray normed = compute.norm().apply(embedding.norm(), projected(embedding, Projected.SUM, sum));
        NDArray hidden = projected(embedding, Projected.NORMED_SUM, normed); // [rows, hidden]
        return new ResidualStream(streams.map(given -> given.enter(hidden)).orElse(hidden), layout);
    }

    /** x behind the projection, if that stands in this place. */
    private NDArray projected(Embedding embedding, Projected place, NDArray x) {
        return embedding
                .projection()
                .filter(projection -> embedding.projected() == place)
                .map(projection -> operations.toFloat32(
                        compute.linear().apply(projection, compute.norm().toPrecision(x))))
                .orElse(x);
    }

    /** What is added to tokens for their positions [rows, size of the sum]. */
    private NDArray positions(Embedding embedding, Layout layout) {
        int[] places = layout.positions();
        if (embedding.positions().get() instanceof Embedding.Learned learned) {
            int[] counted = learned.padding().isPresent()
                    ? layout.positionsWithout(learned.padding().getAsInt())
                    : places;
            return weights.lookUp(
                    learned.tensor(),
                    IntStream.of(counted).map(place -> place + learned.offset()).toArray());
        }
        return SinusoidalPositions.of(
                (Embedding.Sinusoidal) embedding.positions().get(),
                places,
                embedding.sumSize(architecture.hiddenSize()),
                weights.manager());
    }

    private ResidualStream forked(ResidualStream stream, List<Branch> forks) {
        List<Branch> branches = new ArrayList<>(stream.layout().branches());
        Map<Branch, Branch> sources = new HashMap<>();
        for (Branch fork : forks) {
            branches.add(fork);
            sources.put(fork, original);
        }
        Rearrangement rearrangement = Rearrangement.of(stream.layout(), branches, sources);
        compute.carried().rearrange(rearrangement, compute);
        return new ResidualStream(rearrangement.apply(stream.hidden(), compute), rearrangement.layout());
    }

    private OptionalInt firstTransformedLayer(WeightTransform transform) {
        return architecture.blocks().stream()
                .filter(block -> block.linears().anyMatch(transform::changes))
                .mapToInt(Block::layer)
                .findFirst();
    }

    private Map<Integer, List<Branch>> firstEditedLayers(List<Branch> planned) {
        if (planned.isEmpty()) {
            return Map.of();
        }
        Sites sites = Sites.of(architecture);
        Map<WeightTransform, OptionalInt> firstTransformed = new HashMap<>();
        Map<Integer, List<Branch>> forksAt = new HashMap<>();
        for (Branch branch : planned) {
            OptionalInt transformed = firstTransformed.computeIfAbsent(branch.transform(), this::firstTransformedLayer);
            IntStream edited = branch.edits().stream().mapToInt(edit -> sites.find(edit.matrix())
                    .map(Site::layer)
                    .orElseThrow(() ->
                            new IllegalArgumentException("an edit outside the linear maps of the blocks: " + edit)));
            int first = IntStream.concat(edited, transformed.stream()).min().orElse(0);
            forksAt.computeIfAbsent(first, layer -> new ArrayList<>()).add(branch);
        }
        return forksAt;
    }
}
