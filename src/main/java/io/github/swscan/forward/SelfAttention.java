package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import io.github.swscan.architecture.Attention;
import io.github.swscan.architecture.Norm;
import io.github.swscan.architecture.Rotary;
import io.github.swscan.engine.Operations;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Causal self-attention of all branches, every sequence by itself. */
final class SelfAttention {

    private final LinearMap linear;
    private final Normalization normalization;
    private final Operations operations;
    private final Weights weights;
    private final Sequences sequences;
    private final Map<Rotary, RotaryTable> rotaryTables = new HashMap<>();

    SelfAttention(
            LinearMap linear,
            Normalization normalization,
            Operations operations,
            Weights weights,
            Sequences sequences) {
        this.linear = linear;
        this.normalization = normalization;
        this.operations = operations;
        this.weights = weights;
        this.sequences = sequences;
    }

    /** Prepares what outlives a block; to be called outside the scope in which a block's arrays are freed. */
    void prepare(Attention attention) {
        attention
                .rotary()
                .ifPresent(rotary -> rotaryTables.computeIfAbsent(
                        rotary, missing -> RotaryTable.of(missing, sequences, weights.manager())));
    }

    /** x [rows, hidden] -> [rows, hidden]. */
    NDArray apply(Attention attention, NDArray x, Layout layout) {
        Heads heads = heads(attention, x, layout);
        NDArray q = positioned(attention, attention.queryNorm(), heads.query(), layout); // [rows, heads, size]
        NDArray k = positioned(attention, attention.keyNorm(), heads.key(), layout); // [rows, key-value heads, size]
        NDArray v = heads.value(); // [rows, key-value heads, size]
        NDArray mixed = attend(attention, q, k, v, layout); // [rows, heads * size]
        return linear.apply(attention.output(), mixed, layout);
    }

    private record Heads(NDArray query, NDArray key, NDArray value) {}

    private Heads heads(Attention attention, NDArray x, Layout layout) {
        Heads flat = projected(attention, x, layout);
        return new Heads(
                flat.query().reshape(layout.rows(), attention.heads(), attention.headSize()),
                flat.key().reshape(layout.rows(), attention.keyValueHeads(), attention.headSize()),
                flat.value().reshape(layout.rows(), attention.keyValueHeads(), attention.headSize()));
    }

    private Heads projected(Attention attention, NDArray x, Layout layout) {
        if (attention.projections() instanceof Attention.Separate separate) {
            return new Heads(
                    linear.apply(separate.query(), x, layout),
                    linear.apply(separate.key(), x, layout),
                    linear.apply(separate.value(), x, layout));
        }
        Attention.Fused fused = (Attention.Fused) attention.projections();
        long queries = (long) attention.heads() * attention.headSize();
        long keys = (long) attention.keyValueHeads() * attention.headSize();
        NDArray all = linear.apply(fused.queryKeyValue(), x, layout);
        return new Heads(
                operations.columns(all, 0, queries),
                operations.columns(all, queries, queries + keys),
                operations.columns(all, queries + keys, queries + 2 * keys));
    }

    /** Norm and positions of query or key heads, in float32; then back to the type of x [rows, heads, size]. */
    private NDArray positioned(Attention attention, Optional<Norm> norm, NDArray x, Layout layout) {
        if (norm.isEmpty() && attention.rotary().isEmpty()) {
            return x;
        }
        NDArray precise = operations.toFloat32(x);
        NDArray normed = norm.map(given -> normalization.apply(given, precise)).orElse(precise);
        NDArray turned = attention
                .rotary()
                .map(rotary -> {
                    RotaryTable table = rotaryTables.get(rotary);
                    NDArray index = weights.array(layout.tokenIndexes());
                    return operations.rotateHalves(
                            normed,
                            operations.selectRows(table.cos(), index),
                            operations.selectRows(table.sin(), index));
                })
                .orElse(normed);
        return normalization.toPrecision(turned);
    }

    private NDArray attend(Attention attention, NDArray q, NDArray k, NDArray v, Layout layout) {
        List<NDArray> parts = new ArrayList<>();
        List<Layout.EqualSegments> groups = layout.groups();
        for (Layout.EqualSegments group : groups) {
            boolean all = groups.size() == 1;
            NDArray queries = all ? q : rows(q, group);
            NDArray keys = all ? k : rows(k, group);
            NDArray values = all ? v : rows(v, group);
            boolean windowed =
                    attention.window().isPresent() && attention.window().getAsInt() < group.tokens();
            parts.add(
                    windowed
                            ? operations.maskedAttention(
                                    queries,
                                    keys,
                                    values,
                                    window(group.tokens(), attention.window().getAsInt()),
                                    attention.scale())
                            : operations.causalAttention(queries, keys, values, group.tokens(), attention.scale()));
        }
        return parts.size() == 1 ? parts.get(0) : NDArrays.concat(new NDList(parts), 0);
    }

    private NDArray rows(NDArray x, Layout.EqualSegments group) {
        return operations.rows(x, group.start(), group.end());
    }

    /** Which tokens a token sees: itself and the {@code window - 1} tokens before it. */
    private NDArray window(int tokens, int window) {
        boolean[] visible = new boolean[Math.multiplyExact(tokens, tokens)];
        for (int query = 0; query < tokens; query++) {
            for (int key = Math.max(0, query - window + 1); key <= query; key++) {
                visible[query * tokens + key] = true;
            }
        }
        return weights.manager().create(visible, new Shape(tokens, tokens));
    }
}
