package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import io.github.swscan.architecture.LightningAttention;
import io.github.swscan.engine.Operations;
import java.util.Optional;

/** Lightning attention of all branches, every sequence by itself; {@link LightningAttention} has the equation. */
final class LightningAttentionPass {

    private final Compute compute;
    private final LinearPass linear;
    private final NormPass norm;
    private final Operations operations;
    private final Weights weights;

    LightningAttentionPass(Compute compute) {
        this.compute = compute;
        this.linear = compute.linear();
        this.norm = compute.norm();
        this.operations = compute.operations();
        this.weights = compute.weights();
    }

    /** x [rows, hidden] -> [rows, hidden]. */
    NDArray apply(
            int layer, LightningAttention attention, NDArray x, Rows rows, Optional<Past.Layer> past, Probe probe) {
        NDArray[] learned =
                attention.activation().learned().stream().map(weights::vector).toArray(NDArray[]::new);
        NDArray projected = linear.apply(attention.queryKeyValue(), x, rows); // [rows, heads * 3 * size]
        NDArray activated = operations
                .activate(attention.activation().function().operation(), projected, learned)
                .reshape(rows.count(), attention.heads(), 3L * attention.headSize());
        NDArray mixed = attend(attention, operations.toFloat32(activated), rows.layout(), past); // [rows, heads * size]
        NDArray gate = operations.toFloat32(operations.activate("sigmoid", linear.apply(attention.gate(), x, rows)));
        NDArray gated = norm.toPrecision(operations.multiply(gate, norm.apply(attention.norm(), mixed)));
        NDArray y = linear.apply(attention.output(), gated, rows);
        probe.visitRecurrence(new RecurrenceOutput(layer, attention.output(), gated, y, rows, compute));
        return y;
    }

    /** Factors for blocks of tokens: slopes [heads, 1, 1], query and key [heads, block, 1], diagonal [heads, block, block]. */
    private record Decays(NDArray slopes, NDArray query, NDArray key, NDArray diagonal) {}

    /** heads [rows, heads, 3 * size] float32 -> [rows, heads * size]. */
    private NDArray attend(LightningAttention attention, NDArray heads, Layout layout, Optional<Past.Layer> past) {
        Decays decays = decays(attention);
        NDList parts = new NDList();
        for (Layout.EqualSegments group : layout.groups()) {
            NDArray memory = past.flatMap(tokens -> tokens.kept().stream().findFirst())
                    .orElseGet(() -> empty(attention, group.count()));
            Operations.LightningResult result = operations.lightningAttention(
                    operations.rows(heads, group.start(), group.end()),
                    memory,
                    decays.slopes(),
                    decays.query(),
                    decays.key(),
                    decays.diagonal(),
                    group.tokens());
            past.ifPresent(tokens -> tokens.keep(result.memory()));
            parts.add(result.output());
        }
        return parts.size() == 1 ? parts.get(0) : NDArrays.concat(parts, 0);
    }

    private NDArray empty(LightningAttention attention, int sequences) {
        int size = attention.headSize();
        return weights.manager().zeros(new Shape(sequences, attention.heads(), size, size));
    }

    private Decays decays(LightningAttention attention) {
        int heads = attention.heads();
        int block = attention.blockSize();
        return attention
                .decays()
                .map(stored -> new Decays(
                        weights.vector(stored.slope()).reshape(heads, 1, 1),
                        weights.vector(stored.query()).reshape(heads, block, 1),
                        weights.vector(stored.key()).reshape(heads, block, 1),
                        weights.vector(stored.diagonal()).reshape(heads, block, block)))
                .orElseGet(() -> computed(attention.slopes(), heads, block));
    }

    private Decays computed(LightningAttention.Slopes slopes, int heads, int block) {
        float[] slope = new float[heads];
        float[] query = new float[heads * block];
        float[] key = new float[heads * block];
        float[] diagonal = new float[Math.multiplyExact(heads * block, block)];
        for (int head = 0; head < heads; head++) {
            slope[head] = (float) slopes.slope(head);
            for (int i = 0; i < block; i++) {
                int row = head * block + i;
                query[row] = (float) Math.exp(-slope[head] * (i + 1));
                key[row] = (float) Math.exp(-slope[head] * (block - i - 1));
                for (int j = 0; j <= i; j++) {
                    diagonal[row * block + j] = (float) Math.exp(-slope[head] * (i - j));
                }
            }
        }
        return new Decays(
                weights.manager().create(slope, new Shape(heads, 1, 1)),
                weights.manager().create(query, new Shape(heads, block, 1)),
                weights.manager().create(key, new Shape(heads, block, 1)),
                weights.manager().create(diagonal, new Shape(heads, block, block)));
    }
}
