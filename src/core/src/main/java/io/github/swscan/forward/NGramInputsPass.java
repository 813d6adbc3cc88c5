package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import io.github.swscan.architecture.NGramInputs;
import io.github.swscan.architecture.Norm;
import io.github.swscan.engine.Operations;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/** What tokens are with those before them, added to residual streams; {@link NGramInputs} has the equations. */
final class NGramInputsPass {

    /** Its place among the parts of a layer that remember. */
    private static final int BEFORE_THE_BLOCK = -2;

    private static final double SMALLEST = 1e-6;

    /** More rows than any table has; the sum of two such numbers is one of an index. */
    private static final int MOST_ROWS = 1 << 30;

    private final CausalConvolution causal;
    private final LinearPass linear;
    private final NormPass norm;
    private final Operations operations;
    private final Weights weights;
    private final Optional<Past> past;

    NGramInputsPass(Compute compute, Optional<Past> past) {
        this.causal = new CausalConvolution(compute);
        this.linear = compute.linear();
        this.norm = compute.norm();
        this.operations = compute.operations();
        this.weights = compute.weights();
        this.past = past;
    }

    /** streams [rows, streams * hidden] -> the same with what is added. */
    NDArray added(int layer, NGramInputs inputs, NDArray streams, Rows rows) {
        Optional<Past.Layer> before = past.map(tokens -> tokens.of(layer, BEFORE_THE_BLOCK));
        NDArray e = norm.toPrecision(embeddings(inputs, rows, before)); // [rows, size]
        NDArray keys = normed(inputs.keyNorm(), operations.toFloat32(linear.apply(inputs.key(), e, rows)));
        NDArray products = operations.multiply(keys, normed(inputs.streamNorm(), streams));
        int hidden = inputs.keyNorm().size();
        NDArray ones = operations.addNumber(weights.zeros(1, hidden), 1 / Math.sqrt(hidden));
        NDArray a = operations.linear(products.reshape(-1, hidden), ones).reshape(rows.count(), inputs.streams());
        NDArray gates = operations.activate("sigmoid", operations.signedRoot(a, SMALLEST)); // [rows, streams]
        NDArray value = operations.toFloat32(linear.apply(inputs.value(), e, rows)); // [rows, hidden]
        NDArray v = operations.addToStreams(
                weights.zeros(rows.count(), streams.getShape().get(1)), value, gates); // [rows, streams * hidden]
        NDArray convolved = convolved(inputs, normed(inputs.valueNorm(), v), rows.layout(), before);
        return operations.add(streams, operations.add(v, operations.activate("silu", convolved)));
    }

    private NDArray normed(Norm given, NDArray streams) {
        return norm.apply(given, streams.reshape(streams.getShape().get(0), -1, given.size()))
                .reshape(streams.getShape());
    }

    /** x [rows, streams * hidden] float32 -> the same. */
    private NDArray convolved(NGramInputs inputs, NDArray x, Layout layout, Optional<Past.Layer> before) {
        CausalConvolution.Convolved convolved = causal.apply(
                x,
                spreadKernel(inputs),
                layout,
                before.filter(tokens -> tokens.kept().size() > 1)
                        .map(tokens -> tokens.kept().get(1)),
                before.isPresent());
        before.ifPresent(
                tokens -> tokens.keep(tokens.kept().get(0), convolved.last().orElseThrow()));
        return convolved.y();
    }

    /** The kernel with zeros for the tokens between those that it sees [streams * hidden, 1, reach + 1]. */
    private NDArray spreadKernel(NGramInputs inputs) {
        float[] stored = weights.vector(inputs.kernel()).toFloatArray();
        int length = inputs.reach() + 1;
        float[] spread = new float[stored.length / inputs.length() * length];
        for (int i = 0; i < stored.length; i++) {
            spread[i / inputs.length() * length + i % inputs.length() * inputs.longest()] = stored[i];
        }
        return weights.array(spread).reshape(-1, 1, length);
    }

    /** e [rows, size] float32. */
    private NDArray embeddings(NGramInputs inputs, Rows rows, Optional<Past.Layer> before) {
        Layout layout = rows.layout();
        int[] own = layout.ids();
        long[] multipliers = weights.wholeNumbers(inputs.multipliers(), Long.MAX_VALUE);
        long[] sizes = weights.wholeNumbers(inputs.sizes(), MOST_ROWS);
        long[] offsets = weights.wholeNumbers(inputs.offsets(), MOST_ROWS);
        int sequences = layout.segments().size();
        Optional<float[]> remembered =
                before.map(tokens -> tokens.extended(0, column(own), sequences).toFloatArray());
        int[] places = layout.segments().stream()
                .flatMapToInt(segment -> {
                    int[] text = remembered
                            .map(all -> text(all, layout.segments().indexOf(segment), sequences))
                            .orElseGet(
                                    () -> Arrays.copyOfRange(own, segment.start(), segment.start() + segment.tokens()));
                    return IntStream.range(text.length - segment.tokens(), text.length)
                            .flatMap(token -> places(inputs, text, token, multipliers, sizes, offsets));
                })
                .toArray();
        return weights.lookUp(inputs.tables(), places).reshape(rows.count(), (long) inputs.rows() * inputs.columns());
    }

    private NDArray column(int[] ids) {
        float[] numbers = new float[ids.length];
        for (int i = 0; i < ids.length; i++) {
            numbers[i] = ids[i];
        }
        return weights.array(numbers);
    }

    /** The ids of one of several texts of equal length. */
    private static int[] text(float[] all, int sequence, int sequences) {
        int length = all.length / sequences;
        return IntStream.range(sequence * length, (sequence + 1) * length)
                .map(i -> (int) all[i])
                .toArray();
    }

    /** The rows of the table for a token of a text. */
    private static IntStream places(
            NGramInputs inputs, int[] text, int token, long[] multipliers, long[] sizes, long[] offsets) {
        long mixed = 0;
        boolean ended = false;
        int[] places = new int[inputs.rows()];
        for (int back = 0; back < inputs.longest(); back++) {
            int place = token - back;
            ended |= back > 0 && (place < 0 || text[place] == inputs.end());
            mixed ^= (ended ? inputs.end() : text[place]) * multipliers[back];
            for (int hash = 0; back > 0 && hash < inputs.hashes(); hash++) {
                int j = (back - 1) * inputs.hashes() + hash;
                places[j] = Math.toIntExact(Math.floorMod(mixed, Math.max(1, sizes[j])) + offsets[j]);
            }
        }
        return IntStream.of(places);
    }
}
