package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.swscan.architecture.Attention;
import io.github.swscan.architecture.Attention.Part;
import io.github.swscan.architecture.ChannelConvolution;
import io.github.swscan.architecture.Linear;
import io.github.swscan.architecture.Norm;
import io.github.swscan.architecture.Rotary;
import io.github.swscan.engine.Operations;
import io.github.swscan.forward.RelativePositionsPass.Distances;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Self-attention of all branches, every sequence by itself. For each head, with its part of q, k and v:
 *
 * <pre>
 *     q = turned(norm(query(x)))    k = turned(norm(convolution(key(x))))    v = convolution(value(x))
 *     mixed[t] = Σ_s softmax_s(score(q[t], k[s])) v[s]          over the tokens s that t sees
 *     y = output(gate(x) · norm(mixed of all heads))
 * </pre>
 *
 * and perhaps, with {@link Attention.Compressed}, over keys that stand for groups of tokens as well.
 *
 * <p>{@link Attention} says where q, k and v come from, which of the convolutions and norms there are, and how pairs of heads may be joined;
 * {@link Attention.Scores} what a score is; {@link RotaryPositions} turns.
 */
final class AttentionPass {

    /** How many scores are held at once where they are computed one by one: 256 MiB in float32. */
    private static final long SCORES_AT_ONCE = 1 << 26;

    /** Where a {@link Past} keeps what keys of groups are made of: behind keys and values. */
    private static final int FIRST_OF_GROUPS = 2;

    private final Carried carried;
    private final CompressorPass compressor;
    private final ChannelConvolutionPass convolution;
    private final IndexerPass indexer;
    private final LinearPass linear;
    private final NormPass norm;
    private final Operations operations;
    private final Weights weights;
    private final RotaryPositions rotaryPositions;
    private final RelativePositionsPass relativePositions;

    AttentionPass(Compute compute, RotaryPositions rotaryPositions) {
        this.carried = compute.carried();
        this.compressor = new CompressorPass(compute, rotaryPositions);
        this.convolution = new ChannelConvolutionPass(compute);
        this.indexer = new IndexerPass(compute, rotaryPositions);
        this.linear = compute.linear();
        this.norm = compute.norm();
        this.operations = compute.operations();
        this.weights = compute.weights();
        this.rotaryPositions = rotaryPositions;
        this.relativePositions = new RelativePositionsPass(compute);
    }

    /** x [rows, hidden] -> [rows, hidden]. */
    NDArray apply(int layer, Attention attention, NDArray x, Rows rows, Optional<Past.Layer> past) {
        Layout layout = rows.layout();
        Heads heads = projected(attention, x, rows);
        NDArray q = asking(
                attention,
                tempered(
                        attention,
                        positioned(attention, attention.queryNorm(), heads.query(), layout),
                        layout)); // [rows, heads, size]
        Optional<NDArray> mixes = relativePositions
                .mixes(attention, x, rows)
                .map(given -> tempered(attention, given, layout)); // [rows, heads, profiles]
        Queries queries = new Queries(q, mixes);
        KeysAndValues seen = attention.projections() instanceof Attention.Reused reused
                ? carried.keysAndValues(reused.layer())
                : seen(attention, heads, x, rows, past);
        carried.keep(layer, seen);
        List<Groups> groups = attention
                .compressed()
                .map(given -> groups(given, heads.queryInput().orElse(x), x, rows, past))
                .orElse(List.of());
        NDArray mixed = attention
                .difference()
                .map(difference -> differences(attention, difference, queries, seen, layout))
                .orElseGet(() -> attend(attention, queries, seen, groups, layout)); // [rows, heads * value size]
        NDArray turned =
                attention.projections() instanceof Attention.Shared ? turnedBack(attention, mixed, layout) : mixed;
        NDArray gathered =
                attention.outputNorm().map(given -> normed(given, turned)).orElse(turned);
        NDArray gated = attention
                .gate()
                .map(gate -> gated(attention, gate, gathered, heads.gate().orElse(x), rows))
                .orElse(gathered);
        return linear.apply(attention.output(), narrowed(attention, gated, rows), rows);
    }

    /** What heads give whose values are turned with their keys, turned back by the positions of their own tokens. */
    private NDArray turnedBack(Attention attention, NDArray heads, Layout layout) {
        NDArray split = operations.toFloat32(heads(heads, attention.heads()));
        return norm.toPrecision(rotaryPositions
                .apply(attention.rotary().map(Rotary::back), split, layout)
                .reshape(heads.getShape()));
    }

    /** What the maps of groups of heads give, one beside the other; without such maps what the heads give. */
    private NDArray narrowed(Attention attention, NDArray heads, Rows rows) {
        if (attention.groups().isEmpty()) {
            return heads;
        }
        NDList parts = new NDList();
        long first = 0;
        for (Linear group : attention.groups()) {
            parts.add(linear.apply(group, operations.columns(heads, first, first + group.inputs()), rows));
            first += group.inputs();
        }
        return NDArrays.concat(parts, 1);
    }

    /**
     * The keys that stand for groups of tokens of one sequence, and which of them its tokens see.
     *
     * @param keys [groups, 1, size]
     * @param visible [tokens, groups] bool
     */
    private record Groups(NDArray keys, NDArray visible) {}

    /** The groups of each sequence. */
    private List<Groups> groups(
            Attention.Compressed compressed, NDArray queryInput, NDArray x, Rows rows, Optional<Past.Layer> past) {
        Layout layout = rows.layout();
        int before = layout.sequences().firstPosition();
        NDArray keys = norm.toPrecision(compressor.apply(
                compressed.keys(), compressor.keys(compressed.keys(), x, rows), x, rows, past, FIRST_OF_GROUPS));
        Optional<List<NDArray>> chosen = compressed
                .indexer()
                .map(given -> indexer.groups(given, queryInput, x, rows, past, FIRST_OF_GROUPS + 2));
        List<Groups> groups = new ArrayList<>();
        long first = 0;
        for (int i = 0; i < layout.segments().size(); i++) {
            int tokens = layout.segments().get(i).tokens();
            int place = i;
            long end = first + compressed.keys().groups(before + tokens);
            NDArray own = operations.rows(keys, first, end);
            groups.add(new Groups(
                    own,
                    chosen.map(visible -> visible.get(place))
                            .orElseGet(() -> operations.wholeGroups(
                                    own, before, tokens, compressed.keys().length()))));
            first = end;
        }
        return groups;
    }

    /** The layer's own keys and values, and those of tokens before. */
    private KeysAndValues seen(Attention attention, Heads heads, NDArray x, Rows rows, Optional<Past.Layer> past) {
        Layout layout = rows.layout();
        NDArray key = convolved(attention.keyConvolution(), heads.key(), layout, past, Past.Keeper.KEY_CONVOLUTION);
        NDArray k = positioned(attention, attention.keyNorm(), key, layout); // [rows, key-value heads, size]
        NDArray value =
                convolved(attention.valueConvolution(), heads.value(), layout, past, Past.Keeper.VALUE_CONVOLUTION);
        NDArray v = attention.projections() instanceof Attention.Shared
                ? k
                : value(attention, value); // [rows, key-value heads, value size]
        KeysAndValues all = KeysAndValues.of(scored(attention, k, v, rows), v, layout, past);
        Optional<NDArray> chosen = attention.indexer().isPresent()
                ? attention
                        .indexer()
                        .map(given ->
                                indexer.tokens(given, heads.queryInput().orElse(x), x, rows, past, FIRST_OF_GROUPS))
                : attention.sparse().map(same -> carried.choice());
        attention.indexer().ifPresent(given -> chosen.ifPresent(carried::keepChoice));
        return chosen.map(all::choosing).orElse(all);
    }

    /** x [rows, heads, size] behind a convolution of all channels, where there is one. */
    private NDArray convolved(
            Optional<ChannelConvolution> given,
            NDArray x,
            Layout layout,
            Optional<Past.Layer> past,
            Past.Keeper keeper) {
        return given.isEmpty()
                ? x
                : norm.toPrecision(convolution.apply(
                                given, x.reshape(layout.rows(), -1), layout, past.map(own -> own.of(keeper))))
                        .reshape(x.getShape());
    }

    /** Queries that meet what keys have of {@link #scored} [rows, heads, size + 1]; without that as they are. */
    private NDArray asking(Attention attention, NDArray q) {
        return attention.keyScores().isEmpty()
                ? q
                : NDArrays.concat(
                        new NDList(
                                q,
                                operations.addNumber(operations.multiplyByNumber(operations.slice(q, 2, 0, 1), 0), 1)),
                        2);
    }

    /** Keys with one more channel, whose product with queries is what values add to scores [rows, key-value heads, size + 1]. */
    private NDArray scored(Attention attention, NDArray k, NDArray v, Rows rows) {
        return attention
                .keyScores()
                .map(given -> {
                    NDArray step = operations.toFloat32(
                            linear.apply(given.step(), v.reshape(rows.count(), -1), rows)); // [rows, heads]
                    NDArray added = operations.exponential(
                            operations.multiply(operations.activate("softplus", step), weights.vector(given.rate())));
                    NDArray channel = operations.multiplyByNumber(
                            added, 1 / attention.scores().scale());
                    return NDArrays.concat(
                            new NDList(k, norm.toPrecision(channel).reshape(rows.count(), -1, 1)), 2);
                })
                .orElse(k);
    }

    /**
     * What the heads give, each channel or each head times its gate [rows, heads * value size].
     *
     * @param x what the gate is made of: the gate before its activation, or the input of its linear map
     */
    private NDArray gated(Attention attention, Attention.Gate gate, NDArray heads, NDArray x, Rows rows) {
        NDArray projected = gate.linear().map(map -> linear.apply(map, x, rows)).orElse(x);
        NDArray factors = operations.activate(gate.activation().function().operation(), projected);
        long size = factors.getShape().get(1) == attention.heads() ? attention.valueSize() : 1;
        NDArray split = heads.reshape(rows.count(), -1, size);
        return operations.multiply(split, factors.reshape(rows.count(), -1, 1)).reshape(heads.getShape());
    }

    /**
     * What the projections give, before norms and positions: each [rows, heads, size].
     *
     * @param gate where the query projection gives one [rows, heads * value size]
     * @param queryInput the narrow vector that queries come from, where there is one [rows, rank]
     */
    private record Heads(
            NDArray query, NDArray key, NDArray value, Optional<NDArray> gate, Optional<NDArray> queryInput) {
        Heads(NDArray query, NDArray key, NDArray value) {
            this(query, key, value, Optional.empty(), Optional.empty());
        }
    }

    private Heads projected(Attention attention, NDArray x, Rows rows) {
        if (attention.projections() instanceof Attention.Separate separate) {
            Optional<Attention.Adapters> adapters = separate.adapters();
            NDArray query = heads(
                    linear.apply(separate.query(), adapters.map(Attention.Adapters::query), x, rows),
                    attention.heads());
            NDArray key = heads(
                    linear.apply(separate.key(), adapters.map(Attention.Adapters::key), x, rows),
                    attention.keyValueHeads());
            NDArray value = heads(
                    linear.apply(separate.value(), adapters.map(Attention.Adapters::value), x, rows),
                    attention.keyValueHeads());
            long size = attention.headSize();
            return query.getShape().get(2) == size
                    ? new Heads(query, key, value)
                    : new Heads(
                            operations.slice(query, 2, 0, size),
                            key,
                            value,
                            Optional.of(
                                    operations.slice(query, 2, size, 2 * size).reshape(rows.count(), -1)),
                            Optional.empty());
        }
        if (attention.projections() instanceof Attention.Reused reused) {
            return new Heads(heads(linear.apply(reused.query(), x, rows), attention.heads()), null, null);
        }
        if (attention.projections() instanceof Attention.Latent latent) {
            return latentHeads(attention, latent, x, rows);
        }
        if (attention.projections() instanceof Attention.Shared shared) {
            NDArray queryInput = normed(shared.queryDownNorm(), linear.apply(shared.queryDown(), x, rows));
            return new Heads(
                    heads(linear.apply(shared.query(), queryInput, rows), attention.heads()),
                    heads(linear.apply(shared.keyValue(), x, rows), attention.keyValueHeads()),
                    null,
                    Optional.empty(),
                    Optional.of(queryInput));
        }
        return fusedHeads(attention, (Attention.Fused) attention.projections(), x, rows);
    }

    private NDArray heads(NDArray x, int heads) {
        return x.reshape(x.getShape().get(0), heads, -1);
    }

    private Heads fusedHeads(Attention attention, Attention.Fused fused, NDArray x, Rows rows) {
        int size = attention.headSize();
        int queryHeads = attention.heads() / fused.groups();
        int keyHeads = attention.keyValueHeads() / fused.groups();
        NDArray all = linear.apply(fused.queryKeyValue(), x, rows)
                .reshape(rows.count(), fused.groups(), queryHeads + 2L * keyHeads, size);
        Map<Part, NDArray> parts = new EnumMap<>(Part.class);
        long first = 0;
        for (Part part : fused.order()) {
            int count = part == Part.QUERY ? queryHeads : keyHeads;
            parts.put(
                    part,
                    operations
                            .slice(all, 2, first, first + count)
                            .reshape(rows.count(), (long) fused.groups() * count, size));
            first += count;
        }
        return new Heads(parts.get(Part.QUERY), parts.get(Part.KEY), parts.get(Part.VALUE));
    }

    private Heads latentHeads(Attention attention, Attention.Latent latent, NDArray x, Rows rows) {
        NDArray queryInput = latent.queryDown()
                .map(down -> normed(latent.queryDownNorm().orElseThrow(), linear.apply(down, x, rows)))
                .orElse(x);
        NDArray query = heads(linear.apply(latent.query(), queryInput, rows), attention.heads());

        long rank = latent.keyValueDownNorm().size();
        NDArray down = linear.apply(latent.keyValueDown(), x, rows); // [rows, rank + rotary]
        NDArray normed = normed(latent.keyValueDownNorm(), operations.columns(down, 0, rank));
        NDArray narrow = latent.narrowScale() == 1 ? normed : operations.multiplyByNumber(normed, latent.narrowScale());
        NDArray shared = operations.columns(down, rank, down.getShape().get(1)); // [rows, rotary]

        NDArray up = heads(linear.apply(latent.keyValue(), narrow, rows), attention.heads());
        long own = attention.headSize() - shared.getShape().get(1);
        NDArray key = operations.appendToHeads(operations.slice(up, 2, 0, own), shared); // [rows, heads, size]
        NDArray value = operations.slice(up, 2, own, own + attention.valueSize());
        return new Heads(query, key, value, Optional.empty(), Optional.of(queryInput));
    }

    private NDArray normed(Norm given, NDArray x) {
        return norm.toPrecision(norm.apply(given, operations.toFloat32(x)));
    }

    /** Norm and positions of query or key heads, in float32; then back to the type of x [rows, heads, size]. */
    private NDArray positioned(Attention attention, Optional<Norm> headNorm, NDArray x, Layout layout) {
        if (headNorm.isEmpty() && attention.rotary().isEmpty()) {
            return clipped(attention, x);
        }
        NDArray precise = operations.toFloat32(x);
        NDArray turned = attention.normsRotated()
                ? normedHeads(headNorm, rotaryPositions.apply(attention.rotary(), clipped(attention, precise), layout))
                : rotaryPositions.apply(attention.rotary(), clipped(attention, normedHeads(headNorm, precise)), layout);
        return norm.toPrecision(turned);
    }

    /** Queries, or what they mix profiles with, times what sharpens the scores of their tokens [rows, heads, size]. */
    private NDArray tempered(Attention attention, NDArray q, Layout layout) {
        return attention
                .scores()
                .temperature()
                .map(temperature -> {
                    int[] positions = layout.positions();
                    float[] factors = new float[positions.length];
                    for (int row = 0; row < factors.length; row++) {
                        factors[row] = (float) temperature.at(positions[row]);
                    }
                    NDArray column = weights.array(factors).reshape(factors.length, 1, 1);
                    return norm.toPrecision(operations.multiply(operations.toFloat32(q), column));
                })
                .orElse(q);
    }

    private NDArray value(Attention attention, NDArray x) {
        NDArray clipped = clipped(attention, x);
        NDArray normed = attention
                .valueNorm()
                .map(given -> norm.toPrecision(normedHeads(Optional.of(given), operations.toFloat32(clipped))))
                .orElse(clipped);
        return attention.valueScale() == 1 ? normed : operations.multiplyByNumber(normed, attention.valueScale());
    }

    /** A norm over each head, or over all of them together: [rows, heads, size] -> the same. */
    private NDArray normedHeads(Optional<Norm> headNorm, NDArray x) {
        return headNorm.map(given -> norm.apply(given, x.reshape(x.getShape().get(0), -1, given.size()))
                        .reshape(x.getShape()))
                .orElse(x);
    }

    private NDArray clipped(Attention attention, NDArray x) {
        return attention.clip().isEmpty()
                ? x
                : operations.clamp(
                        x, -attention.clip().getAsDouble(), attention.clip().getAsDouble());
    }

    /** Differential attention, as {@link Attention.Difference} has it: [rows, heads * value size]. */
    private NDArray differences(
            Attention attention, Attention.Difference difference, Queries queries, KeysAndValues seen, Layout layout) {
        int heads = attention.heads();
        long half = heads / 2;
        long shared = heads / attention.keyValueHeads();
        NDArray values = operations.repeatHeads(seen.values(), shared); // [keys, heads, value size]
        NDArray pairs = NDArrays.concat(
                new NDList(operations.slice(values, 1, 0, half), operations.slice(values, 1, half, heads)), -1);
        NDArray both = NDArrays.concat(new NDList(pairs, pairs), 1); // [keys, heads, 2 * value size]
        KeysAndValues doubled = seen.with(operations.repeatHeads(seen.keys(), shared), both);
        NDArray mixed = operations.toFloat32(attend(attention, queries, doubled, List.of(), layout));

        long columns = (long) heads * attention.valueSize();
        NDArray first = operations.columns(mixed, 0, columns);
        NDArray second = operations.columns(mixed, columns, 2 * columns);
        NDArray rest = operations.add(first, operations.multiplyByNumber(second, -lambda(difference)));
        NDArray normed = norm.apply(
                difference.norm(),
                rest.reshape(layout.rows(), half, difference.norm().size()));
        return norm.toPrecision(
                operations.multiplyByNumber(normed, 1 - difference.initial()).reshape(layout.rows(), columns));
    }

    private double lambda(Attention.Difference difference) {
        List<float[]> factors = difference.factors().stream()
                .map(name -> weights.vector(name).toFloatArray())
                .toList();
        return Math.exp(dot(factors.get(0), factors.get(1)))
                - Math.exp(dot(factors.get(2), factors.get(3)))
                + difference.initial();
    }

    private static double dot(float[] x, float[] y) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            sum += (double) x[i] * y[i];
        }
        return sum;
    }

    /** @param groups of each sequence, or none */
    private NDArray attend(
            Attention attention, Queries queries, KeysAndValues seen, List<Groups> groups, Layout layout) {
        List<NDArray> parts = new ArrayList<>();
        Distances distances = relativePositions.distances(attention, layout);
        for (Layout.EqualSegments group : distances.isOne() ? layout.groups() : layout.groupsOfBranches()) {
            int version = distances.versionOf(layout.segmentOf(group.start()).branch());
            for (Layout.EqualSegments part : parts(attention, group, seen)) {
                KeysAndValues own = seen.of(part, operations);
                parts.add(attend(
                        attention,
                        distances,
                        version,
                        queries.rows(part.start(), part.end(), operations),
                        groups.isEmpty() ? own : withGroups(attention, own, groups.get(parts.size()), part.tokens()),
                        part.tokens()));
            }
        }
        return parts.size() == 1 ? parts.get(0) : NDArrays.concat(new NDList(parts), 0);
    }

    /** What the tokens of a sequence see: those in their window, and of the groups those that they see. */
    private KeysAndValues withGroups(Attention attention, KeysAndValues tokens, Groups groups, int count) {
        Attention.Scores scores = attention.scores();
        int window = scores.window().orElse(tokens.before() + count);
        NDArray visible = tokens.visible(count, window, scores.chunked(), scores.visibility(), weights);
        if (groups.keys().getShape().get(0) == 0) {
            return tokens.choosing(visible);
        }
        return tokens.with(
                        NDArrays.concat(new NDList(tokens.keys(), groups.keys()), 0),
                        NDArrays.concat(new NDList(tokens.values(), groups.keys()), 0))
                .choosing(NDArrays.concat(new NDList(visible, groups.visible()), 1));
    }

    /** Sequences that are taken together: one at a time where each of them sees other tokens. */
    private List<Layout.EqualSegments> parts(Attention attention, Layout.EqualSegments group, KeysAndValues seen) {
        if (seen.chosen().isPresent() || attention.compressed().isPresent()) {
            return IntStream.range(0, group.count())
                    .mapToObj(i -> new Layout.EqualSegments(group.start() + i * group.tokens(), 1, group.tokens()))
                    .toList();
        }
        return explicit(attention) ? affordable(attention, group, seen.before()) : List.of(group);
    }

    private NDArray attend(
            Attention attention, Distances distances, int version, Queries queries, KeysAndValues seen, int tokens) {
        Attention.Scores scores = attention.scores();
        NDArray q = queries.vectors();
        int keys = seen.before() + tokens;
        int window = scores.window().orElse(keys);
        if (seen.chosen().isPresent()) {
            int all = Math.toIntExact(seen.keys().getShape().get(0)); // groups included
            NDArray visible = operations.columns(seen.chosen().get(), 0, all);
            return explicit(attention)
                    ? explicitly(attention, distances, version, queries, seen, visible, all)
                    : operations.maskedAttention(q, seen.keys(), seen.values(), visible, scores.scale());
        }
        if (explicit(attention)) {
            NDArray visible = seen.visible(tokens, window, scores.chunked(), scores.visibility(), weights);
            return explicitly(attention, distances, version, queries, seen, visible, keys);
        }
        if (window < keys || seen.before() > 0) {
            NDArray visible = seen.visible(tokens, window, scores.chunked(), scores.visibility(), weights);
            return operations.maskedAttention(q, seen.keys(), seen.values(), visible, scores.scale());
        }
        return switch (scores.visibility()) {
            case BEFORE -> operations.causalAttention(q, seen.keys(), seen.values(), tokens, scores.scale());
            case ALL -> operations.attention(q, seen.keys(), seen.values(), tokens, scores.scale());
        };
    }

    /** The tokens of a long sequence in parts, each of which sees all keys. */
    private NDArray explicitly(
            Attention attention,
            Distances distances,
            int version,
            Queries queries,
            KeysAndValues seen,
            NDArray visible,
            int keys) {
        Attention.Scores scores = attention.scores();
        NDArray sinks = sinks(attention);
        long tokens = visible.getShape().get(0);
        long step = queries.vectors().getShape().get(0) > tokens
                ? tokens
                : Math.max(1, scoresAtOnce() / attention.heads() / keys);
        List<NDArray> parts = new ArrayList<>();
        for (long first = 0; first < tokens; first += step) {
            boolean whole = step >= tokens;
            long end = Math.min(tokens, first + step);
            Queries part = whole ? queries : queries.rows(first, end, operations);
            NDArray partVisible = whole ? visible : operations.rows(visible, first, end);
            NDArray biases = scores.relative().isPresent()
                    ? relativePositions.scores(
                            attention,
                            distances,
                            version,
                            part,
                            seen.keys(),
                            seen.before() + (int) first,
                            (int) (end - first),
                            keys)
                    : attention
                            .keyScores()
                            .filter(given -> given.kept() < keys)
                            .map(given ->
                                    operations.bestKeys(seen.keys(), partVisible, attention.heads(), given.kept()))
                            .orElseGet(() -> biases(attention, keys));
            parts.add(operations.explicitAttention(
                    part.vectors(),
                    seen.keys(),
                    seen.values(),
                    partVisible,
                    biases,
                    sinks,
                    scores.scale(),
                    scores.softCap().orElse(0)));
        }
        return parts.size() == 1 ? parts.get(0) : NDArrays.concat(new NDList(parts), 0);
    }

    /** Whether scores are more than the engine's fused attention knows of. */
    private static boolean explicit(Attention attention) {
        Attention.Scores scores = attention.scores();
        return scores.softCap().isPresent()
                || scores.alibi().isPresent()
                || scores.relative().isPresent()
                || scores.sinks().isPresent()
                || attention.keyScores().isPresent();
    }

    private long scoresAtOnce() {
        return Math.min(SCORES_AT_ONCE, weights.longestSlice() / Float.BYTES);
    }

    /** A group in parts whose scores are held at once. */
    private List<Layout.EqualSegments> affordable(Attention attention, Layout.EqualSegments group, int before) {
        long scores = (long) attention.heads() * group.tokens() * (before + group.tokens());
        int step = (int) Math.max(1, scoresAtOnce() / scores);
        List<Layout.EqualSegments> parts = new ArrayList<>();
        for (int first = 0; first < group.count(); first += step) {
            parts.add(new Layout.EqualSegments(
                    group.start() + first * group.tokens(), Math.min(step, group.count() - first), group.tokens()));
        }
        return parts;
    }

    /** What is added to the scores of each key seen [heads, 1, keys]. */
    private NDArray biases(Attention attention, int keys) {
        int heads = attention.heads();
        float[] biases = new float[heads * keys];
        attention.scores().alibi().ifPresent(alibi -> {
            for (int i = 0; i < biases.length; i++) {
                biases[i] = alibi.bias(i / keys, i % keys);
            }
        });
        return weights.manager().create(biases, new Shape(heads, 1, keys));
    }

    /** The score of each head's sink [heads]; one of minus infinity takes no part. */
    private NDArray sinks(Attention attention) {
        return attention.scores().sinks().map(weights::vector).orElseGet(() -> weights.manager()
                .full(new Shape(attention.heads()), Float.NEGATIVE_INFINITY, DataType.FLOAT32));
    }
}
