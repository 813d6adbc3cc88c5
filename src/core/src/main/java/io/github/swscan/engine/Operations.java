package io.github.swscan.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The tensor operations that the forward pass is made of, run by the TorchScript module {@code operations.py}.
 *
 * <p>Unlike the engine's own array methods these accept bfloat16 arrays. Results belong to the manager of the first
 * argument unless another is given, and to the innermost open {@code NDScope}. Nothing is changed in place except by
 * {@link #copyInto} and {@link #multiplyInPlace}. May be called by several threads at once, each with arrays of its own;
 * threads other than the one that started the engine come from {@link TorchEngine#newThread}.
 */
public final class Operations {

    /** Below, oneDNN's preparation of the weight takes longer than it saves. Measured, see docs/benchmarks.md. */
    private static final long ROWS_FOR_ONE_DNN = 96;

    private final PtSymbolBlock module;
    private final Optional<PtSymbolBlock> oneDnn;

    /** @param oneDnn where its products of many float32 rows are faster than the engine's own */
    Operations(PtSymbolBlock module, Optional<PtSymbolBlock> oneDnn) {
        this.module = module;
        this.oneDnn = oneDnn;
    }

    /** The bits of a float16 array read as bfloat16. The result shares the memory of {@code half}. */
    public NDArray asBfloat16(NDArray half) {
        return run("as_bfloat16", half);
    }

    public NDArray toBfloat16(NDArray x) {
        return run("to_bfloat16", x);
    }

    /**
     * x in float32. Where x is that already, the result shares its memory, which the engine may not own: then the result
     * must not outlive x.
     */
    public NDArray toFloat32(NDArray x) {
        return run("to_float32", x);
    }

    /**
     * Converts {@code source} into the first elements of {@code target}, a flat array at least as large.
     *
     * @return those elements in the shape of {@code source}; shares the memory of {@code target}
     */
    public NDArray copyInto(NDArray target, NDArray source) {
        return run("copy_into", target, source);
    }

    /**
     * A copy of x, which lies in the memory of the CPU, on the device of a manager, to which it belongs. To a GPU it may
     * still be under way when this returns: what is computed there waits for it. The memory of x is no longer in use.
     */
    public NDArray copyTo(NDManager target, NDArray x) {
        try (NDArray place = target.create(new Shape(0))) {
            return result("copy_to", (PtNDManager) target, tensor(x), tensor(place));
        }
    }

    /** x [rows, in] times weight [out, in] transposed: [rows, out], in the type of x. */
    public NDArray linear(NDArray x, NDArray weight) {
        if (oneDnn.isPresent()
                && isFloat32(x)
                && isFloat32(weight)
                && x.getShape().get(0) >= ROWS_FOR_ONE_DNN) {
            return result(oneDnn.get(), "linear", manager(x), tensor(x), tensor(weight));
        }
        return run("linear", x, weight);
    }

    private static boolean isFloat32(NDArray x) {
        return x.getDataType() == DataType.FLOAT32;
    }

    /** Each row of x divided by its length, in the type of x; no length counts as less than 1e-12. */
    public NDArray unitRows(NDArray x) {
        return run("unit_rows", x);
    }

    /** x [rows, in] times weight [in, out]: [rows, out], in the type of x. */
    public NDArray linearTransposed(NDArray x, NDArray weight) {
        return run("linear_transposed", x, weight);
    }

    /** y [rows, out] plus bias [out], in the type of y. */
    public NDArray addBias(NDArray y, NDArray bias) {
        return run("add_bias", y, bias);
    }

    /** x [rows, in] times some float32 rows of a weight [k, in]: [rows, k] in float32. */
    public NDArray products(NDArray x, NDArray weightRows) {
        return run("products", x, weightRows);
    }

    /** A copy of y [rows, out] whose entries at (rowIndex [n], columnIndex [k]) are values [n, k]. */
    public NDArray replace(NDArray y, NDArray rowIndex, NDArray columnIndex, NDArray values) {
        return run("replace", y, rowIndex, columnIndex, values);
    }

    /** The same in y itself, which the caller has made. The result shares its memory. */
    public NDArray replaceInPlace(NDArray y, NDArray rowIndex, NDArray columnIndex, NDArray values) {
        return run("replace_in_place", y, rowIndex, columnIndex, values);
    }

    /** The rows of x that {@code index} (int64) names, in its order: [index, ...]. */
    public NDArray selectRows(NDArray x, NDArray index) {
        return run("select_rows", x, index);
    }

    /** Rows {@code start} (inclusive) to {@code end} (exclusive) of x [rows, ...]; shares the memory of x. */
    public NDArray rows(NDArray x, long start, long end) {
        return result("rows", manager(x), tensor(x), IValue.from(start), IValue.from(end));
    }

    /** Columns {@code start} (inclusive) to {@code end} (exclusive) of x [rows, n]; shares the memory of x. */
    public NDArray columns(NDArray x, long start, long end) {
        return result("columns", manager(x), tensor(x), IValue.from(start), IValue.from(end));
    }

    /** Entries {@code start} (inclusive) to {@code end} (exclusive) of a dimension; shares the memory of x. */
    public NDArray slice(NDArray x, long dimension, long start, long end) {
        return result("slice_of", manager(x), tensor(x), IValue.from(dimension), IValue.from(start), IValue.from(end));
    }

    /** Every second column of x [rows, n] from {@code start} on; shares the memory of x. */
    public NDArray everyOther(NDArray x, long start) {
        return result("every_other", manager(x), tensor(x), IValue.from(start));
    }

    /** x [rows, heads, n] with y [rows, m] appended to every head: [rows, heads, n + m]. */
    public NDArray appendToHeads(NDArray x, NDArray y) {
        return run("append_to_heads", x, y);
    }

    /** Each row of x divided by its root mean square (Zhang and Sennrich, arXiv 1910.07467, equation 4, without gain). */
    public NDArray rmsNorm(NDArray x, double epsilon) {
        return result("rms_norm", manager(x), tensor(x), IValue.from(epsilon));
    }

    /** Each row of x less its mean, divided by its deviation (Ba et al., arXiv 1607.06450, without gain and bias). */
    public NDArray layerNorm(NDArray x, double epsilon) {
        return result("layer_norm", manager(x), tensor(x), IValue.from(epsilon));
    }

    /**
     * Rotary positions (Su et al., arXiv 2104.09864), channel i paired to channel i + size/2.
     *
     * @param x [rows, heads, channels]
     * @param cos [rows, 1, size]
     * @param sin [rows, 1, size]
     * @param first the first of the {@code size} channels that are turned
     */
    public NDArray rotateHalves(NDArray x, NDArray cos, NDArray sin, long first) {
        return result("rotate_halves", manager(x), tensor(x), tensor(cos), tensor(sin), IValue.from(first));
    }

    /** As {@link #rotateHalves}, channel 2i paired to channel 2i + 1. */
    public NDArray rotateNeighbours(NDArray x, NDArray cos, NDArray sin, long first) {
        return result("rotate_neighbours", manager(x), tensor(x), tensor(cos), tensor(sin), IValue.from(first));
    }

    /**
     * softmax(q kᵀ · scale) v within each sequence, every token seeing itself and what stands before it. Fewer key and
     * value heads than query heads means grouped queries.
     *
     * @param q [sequences * tokens, heads, size], sequences of equal length one after the other
     * @param k [sequences * tokens, key-value heads, size]
     * @param v like k
     * @param tokens the length of each sequence
     * @return [sequences * tokens, heads * size]
     */
    public NDArray causalAttention(NDArray q, NDArray k, NDArray v, long tokens, double scale) {
        return result(
                "causal_attention",
                manager(q),
                tensor(q),
                tensor(k),
                tensor(v),
                IValue.from(tokens),
                IValue.from(scale));
    }

    /** As {@link #causalAttention}, every token seeing all of its sequence. */
    public NDArray attention(NDArray q, NDArray k, NDArray v, long tokens, double scale) {
        return result(
                "attention", manager(q), tensor(q), tensor(k), tensor(v), IValue.from(tokens), IValue.from(scale));
    }

    /**
     * As {@link #causalAttention}, where {@code visible} [tokens, keys] (boolean) says what each token sees. There may be
     * more keys and values than tokens: k [sequences * keys, key-value heads, size], v like it.
     */
    public NDArray maskedAttention(NDArray q, NDArray k, NDArray v, NDArray visible, double scale) {
        return result(
                "masked_attention", manager(q), tensor(q), tensor(k), tensor(v), tensor(visible), IValue.from(scale));
    }

    /**
     * Attention whose scores are computed in float32 and one by one: softmax(cap tanh(q kᵀ scale / cap) + biases) v.
     *
     * @param visible [tokens, keys], boolean: what each token sees
     * @param biases [..., heads, tokens or 1, keys], what is added to the scores of each key seen
     * @param sinks [heads], a score that takes part in the softmax without a value
     * @param cap 0 for none
     */
    public NDArray explicitAttention(
            NDArray q, NDArray k, NDArray v, NDArray visible, NDArray biases, NDArray sinks, double scale, double cap) {
        return result(
                "explicit_attention",
                manager(q),
                tensor(q),
                tensor(k),
                tensor(v),
                tensor(visible),
                tensor(biases),
                tensor(sinks),
                IValue.from(scale),
                IValue.from(cap));
    }

    /** Rows of a table [buckets, heads] that {@code index} (int64) [tokens, keys] names: [heads, tokens, keys]. */
    public NDArray biasesOf(NDArray table, NDArray index) {
        return run("biases_of", table, index);
    }

    /**
     * What disentangled attention (He et al., arXiv 2006.03654, section 3.1) adds to scores: the products of queries with
     * keys of distances, and of queries of distances with keys, each where there are such.
     *
     * @param q [sequences * tokens, heads, size]
     * @param k [sequences * keys, heads, size]
     * @param distanceKeys [distances, heads, size]
     * @param distanceQueries [distances, heads, size]
     * @param index int64 [tokens, keys]: which distance each pair has
     * @return [sequences, heads, tokens, keys] float32
     */
    public NDArray disentangledScores(
            NDArray q,
            NDArray k,
            Optional<NDArray> distanceKeys,
            Optional<NDArray> distanceQueries,
            NDArray index,
            double scale) {
        try (NDArray none = manager(q).create(new Shape(0))) {
            return result(
                    "disentangled_scores",
                    manager(q),
                    tensor(q),
                    tensor(k),
                    tensor(distanceKeys.orElse(none)),
                    tensor(distanceQueries.orElse(none)),
                    tensor(index),
                    IValue.from(scale));
        }
    }

    /**
     * What each query's mix of profiles by distance adds to scores.
     *
     * @param mixes [sequences * tokens, heads, n]
     * @param profiles [n, distances] float32
     * @param index int64 [tokens, keys]: which distance each pair has; as many as there are where nothing is added
     * @return [sequences, heads, tokens, keys] float32
     */
    public NDArray profileScores(NDArray mixes, NDArray profiles, NDArray index) {
        return run("profile_scores", mixes, profiles, index);
    }

    /** Every head of x [rows, heads, size] several times, one after the other: [rows, heads * times, size]. */
    public NDArray repeatHeads(NDArray x, long times) {
        return result("repeat_heads", manager(x), tensor(x), IValue.from(times));
    }

    /**
     * Each channel a weighted sum of itself and of what stood before it in the sequence, with zeros before the first.
     *
     * @param x [sequences * tokens, channels] float32, sequences of equal length one after the other
     * @param kernel [channels, 1, length] float32; the last weight is that of the token itself
     * @param tokens the length of each sequence
     * @return like x
     */
    public NDArray causalConvolution(NDArray x, NDArray kernel, long tokens) {
        return result("causal_convolution", manager(x), tensor(x), tensor(kernel), IValue.from(tokens));
    }

    /**
     * Each channel a weighted sum of channels of its group, at the token itself and as many on each side of it, with zeros
     * outside the sequence.
     *
     * @param x [sequences * tokens, channels] float32, sequences of equal length one after the other
     * @param kernel [channels, channels / groups, length] float32, of odd length
     * @param tokens the length of each sequence
     * @return like x
     */
    public NDArray convolution(NDArray x, NDArray kernel, long tokens, long groups) {
        return result("convolution", manager(x), tensor(x), tensor(kernel), IValue.from(tokens), IValue.from(groups));
    }

    /**
     * Lightning attention (Qin et al., arXiv 2405.17381), block by block within each sequence.
     *
     * @param x [sequences * tokens, heads, 3 * size] float32: each head's query, key and value; sequences of equal length
     * @param memory [sequences, heads, size, size] float32, what the tokens before have left; zeros before the first
     * @param slopes [heads, 1, 1]
     * @param queryDecay [heads, block, 1]
     * @param keyDecay [heads, block, 1]; a shorter block has the last of them
     * @param diagonalDecay [heads, block, block]
     * @param tokens the length of each sequence
     */
    public LightningResult lightningAttention(
            NDArray x,
            NDArray memory,
            NDArray slopes,
            NDArray queryDecay,
            NDArray keyDecay,
            NDArray diagonalDecay,
            long tokens) {
        List<NDArray> results = results(
                "lightning_attention",
                manager(x),
                tensor(x),
                tensor(memory),
                tensor(slopes),
                tensor(queryDecay),
                tensor(keyDecay),
                tensor(diagonalDecay),
                IValue.from(tokens));
        return new LightningResult(results.get(0), results.get(1));
    }

    /**
     * What lightning attention gives.
     *
     * @param output [sequences * tokens, heads * size]
     * @param memory after the last token
     */
    public record LightningResult(NDArray output, NDArray memory) {}

    /**
     * A linear recurrence, block by block within each sequence; {@code io.github.swscan.architecture.LinearRecurrence} has
     * the equations.
     *
     * @param query [sequences * tokens, heads, keys] float32, sequences of equal length one after the other; all others too
     * @param key likewise
     * @param value [sequences * tokens, heads, values]
     * @param logDecay the logarithm of the decay, never positive [sequences * tokens, heads, 1 or keys]
     * @param write how much the delta rule writes [sequences * tokens, heads, 1]; empty: no delta rule
     * @param memory [sequences, heads, keys, values], what the tokens before have left; zeros before the first
     * @param tokens the length of each sequence
     * @param block how many tokens are taken together; any number gives the same
     */
    public Recurrence linearRecurrence(
            NDArray query,
            NDArray key,
            NDArray value,
            NDArray logDecay,
            NDArray write,
            NDArray memory,
            long tokens,
            long block) {
        List<NDArray> results = results(
                "linear_recurrence",
                manager(query),
                tensor(query),
                tensor(key),
                tensor(value),
                tensor(logDecay),
                tensor(write),
                tensor(memory),
                IValue.from(tokens),
                IValue.from(block));
        return new Recurrence(results.get(0).reshape(value.getShape()), results.get(1));
    }

    /**
     * What a linear recurrence gives.
     *
     * @param output [sequences * tokens, heads, values]
     * @param memory after the last token
     */
    public record Recurrence(NDArray output, NDArray memory) {}

    /** Each head of x [rows, heads, size] divided by its length, in float32. */
    public NDArray unitHeads(NDArray x) {
        return run("unit_heads", x);
    }

    public NDArray exponential(NDArray x) {
        return run("exponential", x);
    }

    /**
     * Keys of groups of tokens: of each whole group Σ_t softmax_t(share + bias) key, channel by channel.
     *
     * @param keys [sequences * tokens, size], or with two keys a token [.., 2 * size]
     * @param shares [the same]
     * @param bias [length, the same number of channels], or a number
     * @param overlapping whether the first of two keys joins the group behind its own
     * @return of one sequence after the other [groups, size] float32
     */
    public NDArray compressed(
            NDArray keys, NDArray shares, NDArray bias, long tokens, long length, boolean overlapping) {
        return result(
                "compressed",
                manager(keys),
                tensor(keys),
                tensor(shares),
                tensor(bias),
                IValue.from(tokens),
                IValue.from(length),
                IValue.from(overlapping));
    }

    /**
     * Which groups of tokens have ended with or before each of the last tokens of a sequence.
     *
     * @param keys [groups, ...] of the sequence
     * @param before how many tokens stand before these
     * @param length of a group
     * @return [tokens, groups] bool
     */
    public NDArray wholeGroups(NDArray keys, long before, long tokens, long length) {
        return result(
                "whole_groups",
                manager(keys),
                tensor(keys),
                IValue.from(before),
                IValue.from(tokens),
                IValue.from(length));
    }

    /**
     * Which groups of tokens the last tokens of one sequence see: of those that {@link #wholeGroups have ended} the ones with
     * the highest scores Σ_h w[h] max(0, q[h]·k).
     *
     * @param q [tokens, heads, size] float32
     * @param k [groups, 1, size] float32, of the whole sequence
     * @param w [tokens, heads] float32
     * @param before how many tokens stand before these
     * @param length how many tokens a group has
     * @param count how many a token sees at most
     * @return [tokens, groups] bool
     */
    public NDArray indexed(NDArray q, NDArray k, NDArray w, long before, long length, long count) {
        return indexed("indexed", q, k, w, before, length, count);
    }

    /**
     * The same by the tokens of these groups, and with those between the last group that has ended and the token itself. Each
     * token's groups are compared without those to come.
     *
     * @return [tokens, before + tokens] bool
     */
    public NDArray indexedBlocks(NDArray q, NDArray k, NDArray w, long before, long length, long count) {
        return indexed("indexed_blocks", q, k, w, before, length, count);
    }

    private NDArray indexed(String operation, NDArray q, NDArray k, NDArray w, long before, long length, long count) {
        return result(
                operation,
                manager(q),
                tensor(q),
                tensor(k),
                tensor(w),
                IValue.from(before),
                IValue.from(length),
                IValue.from(count));
    }

    /** x [rows, n] bool with columns of false behind. */
    public NDArray widened(NDArray x, long columns) {
        return result("widened", manager(x), tensor(x), IValue.from(columns));
    }

    /**
     * Which keys have the largest last channels, of those that each token sees.
     *
     * @param k [sequences * keys, key-value heads, size]
     * @param visible [tokens, keys] bool
     * @param count how many, fewer than the keys
     * @return what is added to scores: 0 for these, and minus infinity [sequences, heads, tokens, keys] float32
     */
    public NDArray bestKeys(NDArray k, NDArray visible, long heads, long count) {
        return result("best_keys", manager(k), tensor(k), tensor(visible), IValue.from(heads), IValue.from(count));
    }

    /** Each row of x with the root mean square of the same row of another array: [rows, n] and [rows, m] -> [rows, n]. */
    public NDArray asLarge(NDArray x, NDArray other) {
        return run("as_large", x, other);
    }

    /** x less mean + deviation · Φ⁻¹(share) of its row, and 0 where that is below 0 [rows, n]. */
    public NDArray sparse(NDArray x, double share) {
        return result("sparse", manager(x), tensor(x), IValue.from(share));
    }

    /**
     * Weighed sums of streams.
     *
     * @param streams [rows, n * hidden] float32, one beside the other
     * @param coefficients [rows, m * n], those of the first sum first
     * @param count n
     * @return m sums, one beside the other [rows, m * hidden]
     */
    public NDArray mixStreams(NDArray streams, NDArray coefficients, long count) {
        return result("mix_streams", manager(streams), tensor(streams), tensor(coefficients), IValue.from(count));
    }

    /**
     * Each of several streams with a weighed array added.
     *
     * @param streams [rows, n * hidden] float32
     * @param added [rows, hidden]
     * @param weights [rows, n]
     */
    public NDArray addToStreams(NDArray streams, NDArray added, NDArray weights) {
        return run("add_to_streams", streams, added, weights);
    }

    /**
     * Matrices of exp(x) whose sums of rows and columns are near 1, as {@code HyperConnections} has it.
     *
     * @param x [rows, n * n] float32, a matrix a row
     * @param count n
     * @param times how often sums of columns are made 1
     * @return transposed [rows, n * n]
     */
    public NDArray balanced(NDArray x, long count, double epsilon, long times) {
        return result("balanced", manager(x), tensor(x), IValue.from(count), IValue.from(epsilon), IValue.from(times));
    }

    /** sign(x) √max(|x|, smallest) */
    public NDArray signedRoot(NDArray x, double smallest) {
        return result("signed_root", manager(x), tensor(x), IValue.from(smallest));
    }

    public NDArray multiply(NDArray x, NDArray y) {
        return run("multiply", x, y);
    }

    /** As {@link #multiply}, in the memory of x, which has the type and the shape of the product. */
    public NDArray multiplyInPlace(NDArray x, NDArray y) {
        return run("multiply_in_place", x, y);
    }

    public NDArray multiplyByNumber(NDArray x, double factor) {
        return result("multiply_by_number", manager(x), tensor(x), IValue.from(factor));
    }

    public NDArray addNumber(NDArray x, double number) {
        return result("add_number", manager(x), tensor(x), IValue.from(number));
    }

    /** x limited to a range. */
    public NDArray clamp(NDArray x, double low, double high) {
        return result("clamp", manager(x), tensor(x), IValue.from(low), IValue.from(high));
    }

    /** cap tanh(x / cap). */
    public NDArray softCap(NDArray x, double cap) {
        return result("soft_cap", manager(x), tensor(x), IValue.from(cap));
    }

    /** residual (float32) plus y (any type), in float32. */
    public NDArray add(NDArray residual, NDArray y) {
        return run("add", residual, y);
    }

    /** x [rows, n] times factors [rows, 1], in float32. */
    public NDArray scaleRows(NDArray x, NDArray factors) {
        return run("scale_rows", x, factors);
    }

    /** A copy of sum [rows, n] with values [k, n] added to the rows that {@code index} [k] names. */
    public NDArray addToRows(NDArray sum, NDArray index, NDArray values) {
        return run("add_to_rows", sum, index, values);
    }

    /** Applies an activation function, elementwise, with the learned numbers that it has. */
    public NDArray activate(String method, NDArray x, NDArray... learned) {
        return run(method, x, learned);
    }

    /** The smallest and the largest entry of every row of x [rows, n]: [2, rows] in float32. */
    public NDArray rowExtremes(NDArray x) {
        return run("row_extremes", x);
    }

    /** The largest |x[r, c]| factors[r] of every column c of x [rows, n]; factors [rows], none negative. */
    public float[] columnPeaks(NDArray x, float[] factors) {
        return peaks("column_peaks", x, factors);
    }

    /** The largest |x[r, c]| factors[c] of every row r of x [rows, n]; factors [n], none negative. */
    public float[] rowPeaks(NDArray x, float[] factors) {
        return peaks("row_peaks", x, factors);
    }

    private float[] peaks(String method, NDArray x, float[] factors) {
        boolean plain = true;
        for (float factor : factors) {
            plain &= factor == 1;
        }
        try (NDArray given = manager(x).create(plain ? new float[0] : factors);
                NDArray peaks = run(method, x, given)) {
            return peaks.toFloatArray();
        }
    }

    /**
     * The running sums over the vocabulary that log-likelihoods and divergences need.
     *
     * @param maximum [branches, tokens] the largest logit so far
     * @param total [branches, tokens] the sum of exp(logit - maximum)
     * @param targetLogit [branches, tokens] the logit of the token that really followed
     * @param best [branches, tokens] int64, the vocabulary entry of the largest logit
     * @param divergence [branches, tokens] the sum of exp(l0 - maximum0) (l0 - l), l0 being the logits of branch 0
     */
    public record VocabularySums(NDArray maximum, NDArray total, NDArray targetLogit, NDArray best, NDArray divergence)
            implements AutoCloseable {

        @Override
        public void close() {
            List.of(maximum, total, targetLogit, best, divergence).forEach(NDArray::close);
        }
    }

    /**
     * Takes in the next block of the vocabulary.
     *
     * @param logits [branches, tokens, block], float32
     * @param first the vocabulary entry of the block's first column
     * @param targets [tokens] int64, the token that really followed
     * @param sums are freed
     */
    public VocabularySums vocabularyBlock(NDArray logits, long first, NDArray targets, VocabularySums sums) {
        List<NDArray> results = results(
                "vocabulary_block",
                manager(logits),
                tensor(logits),
                IValue.from(first),
                tensor(targets),
                tensor(sums.maximum),
                tensor(sums.total),
                tensor(sums.targetLogit),
                tensor(sums.best),
                tensor(sums.divergence));
        sums.close();
        return new VocabularySums(results.get(0), results.get(1), results.get(2), results.get(3), results.get(4));
    }

    /** The probabilities of a block of the vocabulary [branches, block], averaged over the tokens. */
    public NDArray meanProbability(NDArray logits, NDArray logSum) {
        return run("mean_probability", logits, logSum);
    }

    /**
     * What a block of the vocabulary adds to the entropy of each prediction, in nats.
     *
     * @param logits [branches, tokens, block] float32
     * @param logSum [branches, tokens] the logarithm of the sum of the exponentials of all logits
     * @return [branches, tokens]
     */
    public NDArray entropyPart(NDArray logits, NDArray logSum) {
        return run("entropy_part", logits, logSum);
    }

    /**
     * What the marked tokens of a block of the vocabulary add to the probability of all marked tokens [branches, tokens].
     *
     * @param mask [block, 1] 1 for marked tokens, else 0
     */
    public NDArray probabilityMass(NDArray logits, NDArray logSum, NDArray mask) {
        return run("probability_mass", logits, logSum, mask);
    }

    private NDArray run(String method, NDArray first, NDArray... more) {
        IValue[] arguments = new IValue[1 + more.length];
        arguments[0] = tensor(first);
        for (int i = 0; i < more.length; i++) {
            arguments[1 + i] = tensor(more[i]);
        }
        return result(method, manager(first), arguments);
    }

    /** The results of a method that gives several. */
    private List<NDArray> results(String method, PtNDManager manager, IValue... arguments) {
        IValue tuple = call(module, method, arguments);
        List<NDArray> results = new ArrayList<>();
        for (IValue value : tuple.toIValueTuple()) {
            results.add(value.toTensor(manager));
            value.close();
        }
        tuple.close();
        return results;
    }

    private NDArray result(String method, PtNDManager manager, IValue... arguments) {
        return result(module, method, manager, arguments);
    }

    private static NDArray result(PtSymbolBlock of, String method, PtNDManager manager, IValue... arguments) {
        try (IValue value = call(of, method, arguments)) {
            return value.toTensor(manager);
        }
    }

    private static IValue call(PtSymbolBlock of, String method, IValue[] arguments) {
        try {
            return IValueUtils.runMethod(of, method, arguments);
        } finally {
            for (IValue argument : arguments) {
                argument.close();
            }
        }
    }

    private static IValue tensor(NDArray array) {
        return IValue.from((PtNDArray) array);
    }

    private static PtNDManager manager(NDArray array) {
        return (PtNDManager) array.getManager();
    }
}
