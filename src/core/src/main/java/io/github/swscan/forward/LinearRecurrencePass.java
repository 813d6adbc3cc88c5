package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import io.github.swscan.architecture.Activation;
import io.github.swscan.architecture.LinearRecurrence;
import io.github.swscan.architecture.LinearRecurrence.Part;
import io.github.swscan.architecture.Norm;
import io.github.swscan.engine.Operations;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Linear recurrences of all branches, every sequence by itself; {@link LinearRecurrence} has the equations. */
final class LinearRecurrencePass {

    /** Tokens that are taken together where a head forgets all channels of its memory alike. */
    private static final int BLOCK = 64;

    /** The same where it does not: the products of all pairs of tokens are then made channel by channel. */
    private static final int BLOCK_BY_CHANNEL = 16;

    private static final Set<Part> PRECISE = EnumSet.of(Part.STEP, Part.WRITE);

    private final Compute compute;
    private final CausalConvolution causal;
    private final LinearPass linear;
    private final NormPass norm;
    private final Operations operations;
    private final Weights weights;

    LinearRecurrencePass(Compute compute) {
        this.compute = compute;
        this.causal = new CausalConvolution(compute);
        this.linear = compute.linear();
        this.norm = compute.norm();
        this.operations = compute.operations();
        this.weights = compute.weights();
    }

    /** x [rows, hidden] -> [rows, hidden]. */
    NDArray apply(
            int layer, LinearRecurrence recurrence, NDArray x, Rows rows, Optional<Past.Layer> past, Probe probe) {
        List<NDArray> before = past.map(Past.Layer::kept).orElse(List.of());
        Map<Part, NDArray> parts = projected(recurrence, x, rows); // each [rows, its channels] float32
        Optional<NDArray> last = convolve(recurrence, parts, rows, before, past.isPresent());
        recurrence.selection().ifPresent(selection -> select(recurrence, selection, parts, rows));

        NDArray q = operations.multiplyByNumber(
                keys(recurrence, parts.get(Part.QUERY)), recurrence.queryScale()); // [rows, heads, key size]
        NDArray k = keys(recurrence, parts.get(Part.KEY)); // [rows, heads, key size]
        NDArray v = parts.get(Part.VALUE).reshape(rows.count(), recurrence.heads(), recurrence.valueSize());
        Steps steps = steps(recurrence, parts.get(Part.STEP), rows.count());
        NDArray u = recurrence.timesStep() ? operations.multiply(v, steps.step()) : v; // [rows, heads, value size]
        NDArray w = written(recurrence, parts, rows.count());

        NDArray memory = before.isEmpty() ? null : before.get(1);
        Remembered remembered = remember(recurrence, q, k, u, steps.logDecay(), w, Optional.ofNullable(memory), rows);
        past.ifPresent(tokens -> tokens.keep(last.orElseThrow(), remembered.memory()));
        NDArray o = recurrence
                .skip()
                .map(name -> operations.add(
                        remembered.output(),
                        operations.multiply(v, weights.vector(name).reshape(1, recurrence.heads(), 1))))
                .orElse(remembered.output()); // [rows, heads, value size]
        NDArray gated = norm.toPrecision(gated(recurrence, o, parts.get(Part.GATE), rows.count()));
        NDArray y = linear.apply(recurrence.output(), gated, rows);
        probe.visitRecurrence(new RecurrenceOutput(layer, recurrence.output(), gated, y, rows, compute));
        return y;
    }

    /** All parts that the projections give, in float32, scaled. */
    private Map<Part, NDArray> projected(LinearRecurrence recurrence, NDArray x, Rows rows) {
        Map<Part, NDArray> parts = new EnumMap<>(Part.class);
        for (LinearRecurrence.Projection projection : recurrence.projections()) {
            // In float32: rounding a step or what is written grows with the tokens that remember it.
            boolean precise = PRECISE.containsAll(projection.parts());
            NDArray input = precise ? operations.toFloat32(x) : x;
            NDArray narrow = projection
                    .down()
                    .map(down -> linear.apply(down, input, rows))
                    .orElse(input);
            NDArray all = operations
                    .toFloat32(linear.apply(projection.linear(), narrow, rows))
                    .reshape(rows.count(), projection.groups(), -1);
            long first = 0;
            for (Part part : projection.parts()) {
                long size = recurrence.channels(part) / projection.groups();
                NDArray own = operations.slice(all, 2, first, first + size).reshape(rows.count(), -1);
                double scale = recurrence.scales().getOrDefault(part, 1.0);
                parts.put(part, scale == 1 ? own : operations.multiplyByNumber(own, scale));
                first += size;
            }
        }
        return parts;
    }

    /** Puts the convolved parts in the place of those before. */
    private Optional<NDArray> convolve(
            LinearRecurrence recurrence, Map<Part, NDArray> parts, Rows rows, List<NDArray> before, boolean continued) {
        LinearRecurrence.Convolution convolution = recurrence.convolution();
        NDArray x = joined(convolution.parts().stream().map(parts::get).toList(), 1); // [rows, channels]
        NDArray kernel = joined(
                        convolution.kernels().stream().map(weights::vector).toList(), 0)
                .reshape(recurrence.convolved(), 1, convolution.length());
        CausalConvolution.Convolved convolved =
                causal.apply(x, kernel, rows.layout(), before.stream().findFirst(), continued);
        NDArray shifted = convolution
                .bias()
                .map(bias -> operations.addBias(convolved.y(), weights.vector(bias)))
                .orElse(convolved.y());
        NDArray activated = activate(convolution.activation(), shifted);
        long first = 0;
        for (Part part : convolution.parts()) {
            long end = first + recurrence.channels(part);
            parts.put(part, operations.columns(activated, first, end));
            first = end;
        }
        return convolved.last();
    }

    /** Adds step, key and query, which come from the convolved values. */
    private void select(
            LinearRecurrence recurrence, LinearRecurrence.Selection selection, Map<Part, NDArray> parts, Rows rows) {
        NDArray narrow = operations.toFloat32(linear.apply(
                selection.narrow(), norm.toPrecision(parts.get(Part.VALUE)), rows)); // [rows, rank + 2 size]
        long rank = selection.step().inputs();
        long size = recurrence.keySize();
        NDArray step = norm.apply(selection.stepNorm(), operations.columns(narrow, 0, rank));
        parts.put(Part.STEP, operations.toFloat32(linear.apply(selection.step(), norm.toPrecision(step), rows)));
        parts.put(Part.KEY, norm.apply(selection.keyNorm(), operations.columns(narrow, rank, rank + size)));
        parts.put(
                Part.QUERY,
                norm.apply(selection.queryNorm(), operations.columns(narrow, rank + size, rank + 2 * size)));
    }

    /** Keys or queries, for each head of values: [rows, key heads * size] -> [rows, heads, size]. */
    private NDArray keys(LinearRecurrence recurrence, NDArray x) {
        NDArray heads = x.reshape(x.getShape().get(0), recurrence.keyHeads(), recurrence.keySize());
        NDArray sized = recurrence.unitKeys() ? operations.unitHeads(heads) : heads;
        return operations.repeatHeads(sized, recurrence.heads() / recurrence.keyHeads());
    }

    /** The step [rows, heads, 1 or key size], and ln d for each head or each channel of its keys [the same]. */
    private record Steps(NDArray step, NDArray logDecay) {}

    private Steps steps(LinearRecurrence recurrence, NDArray x, long rows) {
        LinearRecurrence.Decay decay = recurrence.decay();
        NDArray shifted = decay.bias()
                .map(bias -> operations.add(x, weights.vector(bias)))
                .orElse(x)
                .reshape(rows, recurrence.heads(), -1);
        NDArray rate = operations.exponential(weights.vector(decay.rate())).reshape(1, recurrence.heads(), -1);
        if (decay.bound().isPresent()) {
            NDArray share = operations.activate("sigmoid", operations.multiply(rate, shifted));
            return new Steps(
                    share, operations.multiplyByNumber(share, decay.bound().getAsDouble()));
        }
        NDArray step =
                operations.clamp(operations.activate("softplus", shifted), decay.smallestStep(), decay.largestStep());
        return new Steps(step, operations.multiplyByNumber(operations.multiply(step, rate), -1));
    }

    /** How much of each token the delta rule writes [rows, heads, 1]; without it nothing [0]. */
    private NDArray written(LinearRecurrence recurrence, Map<Part, NDArray> parts, long rows) {
        return recurrence.corrects()
                ? operations
                        .multiplyByNumber(
                                operations.activate("sigmoid", parts.get(Part.WRITE)), recurrence.writeScale())
                        .reshape(rows, recurrence.heads(), 1)
                : weights.manager().zeros(new Shape(0));
    }

    /** What the memory gives for each token [rows, heads, value size], and the memory after the last one. */
    private record Remembered(NDArray output, NDArray memory) {}

    private Remembered remember(
            LinearRecurrence recurrence,
            NDArray q,
            NDArray k,
            NDArray v,
            NDArray logDecay,
            NDArray w,
            Optional<NDArray> before,
            Rows rows) {
        NDList outputs = new NDList();
        NDArray memory = null;
        for (Layout.EqualSegments group : rows.layout().groups()) {
            Operations.Recurrence result = operations.linearRecurrence(
                    operations.rows(q, group.start(), group.end()),
                    operations.rows(k, group.start(), group.end()),
                    operations.rows(v, group.start(), group.end()),
                    operations.rows(logDecay, group.start(), group.end()),
                    recurrence.corrects() ? operations.rows(w, group.start(), group.end()) : w,
                    before.orElseGet(() -> empty(recurrence, group.count())),
                    group.tokens(),
                    block(recurrence));
            outputs.add(result.output());
            memory = result.memory();
        }
        return new Remembered(outputs.size() == 1 ? outputs.get(0) : NDArrays.concat(outputs, 0), memory);
    }

    private static int block(LinearRecurrence recurrence) {
        if (!recurrence.decay().byChannel()) {
            return BLOCK;
        }
        return recurrence.valueSize() == 1 ? 1 : BLOCK_BY_CHANNEL;
    }

    private NDArray empty(LinearRecurrence recurrence, int sequences) {
        return weights.manager()
                .zeros(new Shape(sequences, recurrence.heads(), recurrence.keySize(), recurrence.valueSize()));
    }

    /** o [rows, heads, value size], gate [rows, heads * value size] -> [rows, heads * value size]. */
    private NDArray gated(LinearRecurrence recurrence, NDArray o, NDArray gate, long rows) {
        NDArray factors = activate(recurrence.gate().activation(), gate).reshape(o.getShape());
        boolean first = recurrence.gate().first();
        NDArray input = first ? operations.multiply(o, factors) : o;
        NDArray normed = recurrence
                .gate()
                .norm()
                .map(given -> normed(given, input, rows))
                .orElse(input);
        return (first ? normed : operations.multiply(normed, factors)).reshape(rows, -1);
    }

    private NDArray normed(Norm given, NDArray x, long rows) {
        return norm.apply(given, x.reshape(rows, -1, given.size())).reshape(x.getShape());
    }

    private NDArray activate(Activation activation, NDArray x) {
        NDArray[] learned = activation.learned().stream().map(weights::vector).toArray(NDArray[]::new);
        return operations.activate(activation.function().operation(), x, learned);
    }

    private static NDArray joined(List<NDArray> parts, int dimension) {
        return parts.size() == 1 ? parts.get(0) : NDArrays.concat(new NDList(parts), dimension);
    }
}
