package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import io.github.swscan.architecture.Attention.Visibility;
import io.github.swscan.architecture.MixtureOfHeads;
import io.github.swscan.engine.Operations;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Mixtures of attention heads of all branches, every sequence by itself:
 *
 * <pre>
 *     y[t] = Σ_e weight_e[t] output_e(attention(query_e(x)[t], key(x), value(x))) (+ b)    over the experts e of t
 * </pre>
 *
 * What a token's experts ask and gather lies one
 * after the other in its row, in the order in which its router chose them.
 */
final class MixtureOfHeadsPass {

    private final LinearPass linear;
    private final NormPass norm;
    private final Operations operations;
    private final Weights weights;
    private final RotaryPositions rotaryPositions;

    MixtureOfHeadsPass(Compute compute, RotaryPositions rotaryPositions) {
        this.linear = compute.linear();
        this.norm = compute.norm();
        this.operations = compute.operations();
        this.weights = compute.weights();
        this.rotaryPositions = rotaryPositions;
    }

    /** An expert at work: its rows, and for each of them its place among the experts of all rows. */
    private record Work(MixtureOfHeads.Expert expert, Rows rows, NDArray places, NDArray weights) {}

    /** x [rows, hidden] -> [rows, hidden]. */
    NDArray apply(MixtureOfHeads mixture, NDArray x, Rows rows, Optional<Past.Layer> past) {
        int count = rows.count();
        int perToken = mixture.router().perToken();
        long size = (long) mixture.heads() * mixture.headSize();
        List<Work> work = work(mixture, x, rows);

        NDArray queries = weights.zeros((long) count * perToken, size);
        for (Work own : work) {
            NDArray input = operations.selectRows(x, weights.array(own.rows().indexes()));
            NDArray asked = linear.apply(own.expert().query(), input, own.rows());
            queries = operations.addToRows(queries, own.places(), asked);
        }
        NDArray keysAndValues = linear.apply(mixture.keyValue(), x, rows); // [rows, 2 * size]
        NDArray gathered = attend(
                        mixture,
                        queries.reshape(count, (long) perToken * mixture.heads(), mixture.headSize()),
                        operations.columns(keysAndValues, 0, size),
                        operations.columns(keysAndValues, size, 2 * size),
                        rows.layout(),
                        past)
                .reshape((long) count * perToken, size);

        NDArray sum = weights.zeros(count, mixture.keyValue().inputs());
        for (Work own : work) {
            NDArray output =
                    linear.apply(own.expert().output(), operations.selectRows(gathered, own.places()), own.rows());
            sum = operations.addToRows(
                    sum, weights.array(own.rows().indexes()), operations.scaleRows(output, own.weights()));
        }
        return mixture.outputBias().isPresent()
                ? operations.addBias(sum, weights.vector(mixture.outputBias().get()))
                : sum;
    }

    private List<Work> work(MixtureOfHeads mixture, NDArray x, Rows rows) {
        NDArray logits = linear.apply(mixture.router().linear(), operations.toFloat32(x), rows);
        Routing routing = Routing.of(
                mixture.router(), logits.toFloatArray(), Optional.empty(), Optional.empty(), Optional.empty());
        int perToken = mixture.router().perToken();
        List<Work> work = new ArrayList<>();
        for (int expert = 0; expert < mixture.experts().size(); expert++) {
            Routing.Assigned assigned = routing.to(expert);
            if (assigned.rows().length > 0) {
                long[] places = IntStream.range(0, assigned.rows().length)
                        .mapToLong(i -> (long) assigned.rows()[i] * perToken + assigned.ranks()[i])
                        .toArray();
                work.add(new Work(
                        mixture.experts().get(expert),
                        Rows.of(rows.layout(), assigned.rows()),
                        weights.array(places),
                        weights.array(assigned.weights())));
            }
        }
        return work;
    }

    /**
     * Every expert's heads see the same keys and values.
     *
     * @param queries [rows, heads of all experts, head size] float32
     * @param keys [rows, heads * head size]
     * @param values [rows, heads * head size]
     * @return [rows, heads of all experts * head size]
     */
    private NDArray attend(
            MixtureOfHeads mixture,
            NDArray queries,
            NDArray keys,
            NDArray values,
            Layout layout,
            Optional<Past.Layer> past) {
        NDArray q = norm.toPrecision(rotaryPositions.apply(mixture.rotary(), queries, layout));
        NDArray k = norm.toPrecision(
                rotaryPositions.apply(mixture.rotary(), operations.toFloat32(heads(mixture, keys)), layout));
        KeysAndValues own = KeysAndValues.of(k, heads(mixture, values), layout, past);
        KeysAndValues all = own.with(repeated(mixture, own.keys()), repeated(mixture, own.values()));
        NDList parts = new NDList();
        for (Layout.EqualSegments group : layout.groups()) {
            NDArray asking = operations.rows(q, group.start(), group.end());
            KeysAndValues seen = all.of(group, operations);
            int tokens = group.tokens();
            parts.add(
                    seen.before() > 0
                            ? operations.maskedAttention(
                                    asking,
                                    seen.keys(),
                                    seen.values(),
                                    seen.visible(tokens, seen.before() + tokens, false, Visibility.BEFORE, weights),
                                    mixture.scale())
                            : operations.causalAttention(asking, seen.keys(), seen.values(), tokens, mixture.scale()));
        }
        return parts.size() == 1 ? parts.get(0) : NDArrays.concat(parts, 0);
    }

    private static NDArray heads(MixtureOfHeads mixture, NDArray x) {
        return x.reshape(x.getShape().get(0), mixture.heads(), mixture.headSize());
    }

    /** x [rows, heads, size], once for every expert of a token: [rows, heads of all experts, size]. */
    private static NDArray repeated(MixtureOfHeads mixture, NDArray x) {
        return NDArrays.concat(new NDList(Collections.nCopies(mixture.router().perToken(), x)), 1);
    }
}
