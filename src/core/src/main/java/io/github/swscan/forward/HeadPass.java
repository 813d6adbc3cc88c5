package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Head;
import io.github.swscan.architecture.Linear;
import io.github.swscan.architecture.SentenceEmbedding;
import io.github.swscan.engine.Operations;
import io.github.swscan.engine.Operations.VocabularySums;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * What comes out of the model: final norm, language-modelling head, and what is computed from the logits. Of a model
 * without a head only the last hidden state can be had.
 *
 * <p>The head is read in blocks of the vocabulary, so that there is never an array of all tokens by all of the
 * vocabulary. Belongs to its {@link ForwardPass} and is valid until that is closed.
 */
public final class HeadPass {

    /** How many logits are held at once: 8 MiB in float32, which stay in the cache while sums are taken. */
    private static final int LOGITS_PER_BLOCK = 1 << 20;

    /** How many predictions, of all branches, are multiplied at once: products of more have narrower blocks, and are slower. */
    private static final int PREDICTIONS_AT_ONCE = 1 << 10;

    private final Architecture architecture;
    private final ResidualStream stream;
    private final LinearPass linear;
    private final NormPass norm;
    private final Operations operations;
    private final Weights weights;

    HeadPass(Architecture architecture, ResidualStream stream, Compute compute) {
        this.architecture = architecture;
        this.stream = stream;
        this.linear = compute.linear();
        this.norm = compute.norm();
        this.operations = compute.operations();
        this.weights = compute.weights();
    }

    /** The branches that are in the pass at its end. */
    public List<Branch> branches() {
        return stream.layout().branches();
    }

    /** How many tokens a sequence of the pass has. */
    public int tokens(int sequence) {
        return stream.layout().sequences().tokens(sequence);
    }

    /** How many tokens of a sequence of the pass are to be predicted. */
    public int predictions(int sequence) {
        return stream.layout().sequences().predictions(sequence);
    }

    /** The float32 logits of a whole sequence [tokens][vocabulary]. */
    public float[][] logits(Branch branch, int sequence) {
        try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            long[] rows = stream.layout().rowsOf(branch, List.of(sequence));
            float[][] logits = new float[rows.length][architecture.predictedTokens()];
            forEachVocabularyBlock(rows, (first, block) -> {
                float[] values = block.toFloatArray(); // [tokens, block]
                int width = values.length / rows.length;
                for (int token = 0; token < rows.length; token++) {
                    System.arraycopy(values, token * width, logits[token], first, width);
                }
            });
            return logits;
        }
    }

    /**
     * Scores the predictions of some branches on the same sequences, in one reading of the head.
     *
     * @param branches the first is the one that the others are compared with
     * @param sequences all branches run over them
     * @return one for each branch, in order; of no tokens if nothing is to be predicted in the sequences
     */
    public List<TokenScores> score(List<Branch> branches, List<Integer> sequences) {
        return score(branches, branch -> predictingRows(branch, sequences), targets(sequences));
    }

    /**
     * Scores how some branches go on, in one reading of the head.
     *
     * @param branches all run over the sequences of the continuations
     * @return one for each branch, in order: of the tokens of the continuations, one continuation after the other
     */
    public List<TokenScores> scoreContinuations(List<Branch> branches, List<Continuation> continuations) {
        return score(
                branches,
                branch -> rowsBefore(branch, continuations),
                continuations.stream()
                        .flatMap(continuation -> continuation.tokens().stream())
                        .mapToLong(Integer::longValue)
                        .toArray());
    }

    /** @param predictingRows of a branch, one for each target */
    private List<TokenScores> score(
            List<Branch> branches, Function<Branch, LongStream> predictingRows, long[] targets) {
        if (targets.length == 0) {
            TokenScores none = new TokenScores(new float[0], new float[0], new long[0], new float[0]);
            return branches.stream().map(branch -> none).toList();
        }
        try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            List<long[]> rows = branches.stream()
                    .map(predictingRows)
                    .map(LongStream::toArray)
                    .toList(); // of each branch [tokens]
            int step = Math.max(1, PREDICTIONS_AT_ONCE / branches.size()); // tokens at once
            List<long[]> parts = new ArrayList<>();
            List<NDArray> partTargets = new ArrayList<>();
            List<VocabularySums> sums = new ArrayList<>();
            for (int from = 0; from < targets.length; from += step) {
                int first = from;
                int end = Math.min(targets.length, from + step);
                parts.add(rows.stream()
                        .flatMapToLong(own -> Arrays.stream(own, first, end))
                        .toArray());
                partTargets.add(weights.array(Arrays.copyOfRange(targets, first, end)));
                sums.add(noSums(new Shape(branches.size(), end - first)));
            }
            forEachVocabularyBlock(parts, (part, first, block) -> {
                NDArray target = partTargets.get(part);
                NDArray logits = block.reshape(branches.size(), target.size(), -1); // [branches, tokens, block]
                sums.set(part, kept(operations.vocabularyBlock(logits, first, target, sums.get(part))));
            });
            return scores(sums, branches.size());
        }
    }

    /**
     * How far the last hidden state behind the final norm is from that of another branch, at every token of some sequences
     * that all of them run over.
     *
     * @return one for each branch, in order
     */
    public List<HiddenStateChanges> hiddenStateChanges(
            Branch original, List<Branch> branches, List<Integer> sequences) {
        float[] compared = hiddenStates(original, sequences);
        int tokens = stream.layout().rowsOf(original, sequences).length;
        return branches.stream()
                .map(branch -> HiddenStateChanges.between(compared, hiddenStates(branch, sequences), tokens))
                .toList();
    }

    /** The last hidden state of every token of some sequences in float32, one sequence after the other: [tokens, hidden]. */
    public float[] hiddenStates(Branch branch, List<Integer> sequences) {
        try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            return operations
                    .toFloat32(normed(stream.layout().rowsOf(branch, sequences)))
                    .toFloatArray();
        }
    }

    /**
     * The vectors that a sentence encoder makes of some sequences, in float32, each divided by its length.
     *
     * @return [sequences][size]
     */
    public float[][] sentenceEmbeddings(Branch branch, List<Integer> sequences) {
        SentenceEmbedding description = architecture.sentenceEmbedding().orElseThrow();
        float[][] pooled = sequences.stream()
                .map(sequence -> SentencePooling.of(
                        description.poolings(), hiddenStates(branch, List.of(sequence)), tokens(sequence)))
                .toArray(float[][]::new);
        try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            NDArray x = weights.array(pooled);
            for (SentenceEmbedding.Step step : description.steps()) {
                x = step instanceof SentenceEmbedding.Dense dense
                        ? operations.toFloat32(operations.activate(
                                dense.activation().operation(), linear.apply(dense.linear(), norm.toPrecision(x))))
                        : operations.unitRows(x);
            }
            float[] entries = operations.unitRows(x).toFloatArray();
            int size = entries.length / pooled.length;
            return IntStream.range(0, pooled.length)
                    .mapToObj(text -> Arrays.copyOfRange(entries, text * size, (text + 1) * size))
                    .toArray(float[][]::new);
        }
    }

    /** Of no block yet: [branches, tokens]. */
    private VocabularySums noSums(Shape shape) {
        return new VocabularySums(
                weights.manager().full(shape, Float.NEGATIVE_INFINITY, DataType.FLOAT32),
                weights.manager().zeros(shape),
                weights.manager().zeros(shape),
                weights.manager().zeros(shape, DataType.INT64),
                weights.manager().zeros(shape));
    }

    /** The token that each branch finds most likely to come after its last one, in one reading of the head. */
    int[] next(List<Branch> branches) {
        long[] rows = branches.stream()
                .map(branch -> stream.layout().rowsOf(branch, branch.sequences()))
                .mapToLong(own -> own[own.length - 1])
                .toArray();
        float[] highest = new float[rows.length];
        Arrays.fill(highest, Float.NEGATIVE_INFINITY);
        int[] next = new int[rows.length];
        try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            forEachVocabularyBlock(rows, (first, block) -> {
                float[] logits = block.toFloatArray(); // [branches, block]
                int width = logits.length / rows.length;
                for (int i = 0; i < logits.length; i++) {
                    if (logits[i] > highest[i / width]) {
                        highest[i / width] = logits[i];
                        next[i / width] = first + i % width;
                    }
                }
            });
        }
        return next;
    }

    /**
     * The distributions that some branches predict, in one more reading of the head.
     *
     * @param branches all run over the sequences
     * @param scores what {@link #score} gave for these branches and sequences; of at least one token
     * @param marked the tokens of the vocabulary whose probabilities are summed up
     * @return one for each branch, in order
     */
    public List<Predictions> predictions(
            List<Branch> branches, List<Integer> sequences, List<TokenScores> scores, BitSet marked) {
        int tokens = scores.get(0).tokens();
        float[] logSums = new float[branches.size() * tokens];
        for (int branch = 0; branch < branches.size(); branch++) {
            System.arraycopy(scores.get(branch).logSums(), 0, logSums, branch * tokens, tokens);
        }
        float[][] probabilities = new float[branches.size()][architecture.predictedTokens()];
        float[][] entropies = new float[branches.size()][tokens];
        float[][] markedMasses = new float[branches.size()][tokens];
        try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            long[] rows = branches.stream()
                    .flatMapToLong(branch -> predictingRows(branch, sequences))
                    .toArray();
            NDArray logSum = weights.manager().create(logSums, new Shape(branches.size(), tokens));
            forEachVocabularyBlock(rows, (first, block) -> {
                NDArray logits = block.reshape(branches.size(), tokens, -1); // [branches, tokens, block]
                int width = Math.toIntExact(logits.getShape().get(2));
                float[] mean = operations.meanProbability(logits, logSum).toFloatArray(); // [branches, block]
                float[] entropy = operations.entropyPart(logits, logSum).toFloatArray(); // [branches, tokens]
                float[] mass = operations
                        .probabilityMass(logits, logSum, weights.array(mask(marked, first, width)))
                        .toFloatArray(); // [branches, tokens]
                for (int branch = 0; branch < branches.size(); branch++) {
                    System.arraycopy(mean, branch * width, probabilities[branch], first, width);
                    for (int token = 0; token < tokens; token++) {
                        entropies[branch][token] += entropy[branch * tokens + token];
                        markedMasses[branch][token] += mass[branch * tokens + token];
                    }
                }
            });
        }
        return IntStream.range(0, branches.size())
                .mapToObj(branch -> new Predictions(probabilities[branch], entropies[branch], markedMasses[branch]))
                .toList();
    }

    /** 1 for every marked token of a block of the vocabulary, else 0. */
    private static float[] mask(BitSet marked, int first, int width) {
        float[] mask = new float[width];
        marked.get(first, first + width).stream().forEach(i -> mask[i] = 1);
        return mask;
    }

    /** Takes the logits of a part of the rows for a block of the vocabulary, which begins with entry first. */
    @FunctionalInterface
    private interface LogitsConsumer {
        void accept(int part, int first, NDArray logits);
    }

    private void forEachVocabularyBlock(long[] rows, BiConsumer<Integer, NDArray> consumer) {
        forEachVocabularyBlock(List.of(rows), (part, first, block) -> consumer.accept(first, block));
    }

    /**
     * Final norm and head, one block of the vocabulary after the other, and of each one part of the rows after the other:
     * the consumer gets [rows of the part, block] in float32.
     */
    private void forEachVocabularyBlock(List<long[]> parts, LogitsConsumer consumer) {
        Head head = architecture.languageHead();
        Linear vocabulary = head.vocabulary();
        List<NDArray> x = parts.stream().map(this::headInput).toList(); // [rows of the part, hidden]
        int rows = parts.stream().mapToInt(part -> part.length).max().orElse(1);
        int size = architecture.predictedTokens();
        int step = (int) Math.max(1, Math.min(weights.rowsPerSlice(vocabulary), LOGITS_PER_BLOCK / rows));
        weights.bringAhead(vocabulary, size, step);
        for (int first = 0; first < size; first += step) {
            int count = Math.min(step, size - first);
            try (NDScope scope = new NDScope()) {
                scope.suppressNotUsedWarning();
                NDArray stored = weights.matrix(vocabulary, first, count);
                NDArray matrix = head.unitRows() ? operations.unitRows(stored) : stored;
                for (int part = 0; part < parts.size(); part++) {
                    try (NDScope partScope = new NDScope()) {
                        partScope.suppressNotUsedWarning();
                        consumer.accept(part, first, logits(x.get(part), matrix, first));
                    }
                }
            }
        }
    }

    /** The normed hidden states of some rows, as the head's matrix takes them. */
    private NDArray headInput(long[] rows) {
        NDArray normed = norm.toPrecision(normed(rows));
        return architecture
                .languageHead()
                .transform()
                .map(transform -> transformed(transform, normed))
                .orElse(normed);
    }

    private NDArray transformed(Head.Transform transform, NDArray x) {
        NDArray activated =
                operations.activate(transform.activation().operation(), linear.apply(transform.linear(), x));
        return transform
                .norm()
                .map(given -> norm.toPrecision(norm.apply(given, operations.toFloat32(activated))))
                .orElse(activated);
    }

    /** The last hidden state of some rows, behind the final norm: [rows, hidden]. */
    private NDArray normed(long[] rows) {
        return norm.apply(architecture.finalNorm(), operations.selectRows(stream.hidden(), weights.array(rows)));
    }

    /** x [rows, hidden], some rows of the head's matrix [block, hidden], of which the first is given -> [rows, block]. */
    private NDArray logits(NDArray x, NDArray matrix, int first) {
        Head head = architecture.languageHead();
        NDArray logits = operations.linear(x, matrix);
        if (head.vocabulary().bias().isPresent()) {
            NDArray bias = weights.bias(head.vocabulary());
            long end = first + matrix.getShape().get(0);
            logits = operations.addBias(logits, operations.rows(bias, first, end));
        }
        return finished(head, operations.toFloat32(logits));
    }

    private NDArray finished(Head head, NDArray logits) {
        NDArray scaled = head.scale() == 1 ? logits : operations.multiplyByNumber(logits, head.scale());
        return head.softCap().isPresent()
                ? operations.softCap(scaled, head.softCap().getAsDouble())
                : scaled;
    }

    /** Moves the sums out of the scope of a block into the one around it, which they then belong to. */
    private static VocabularySums kept(VocabularySums sums) {
        List.of(sums.maximum(), sums.total(), sums.targetLogit(), sums.best(), sums.divergence())
                .forEach(NDScope::unregister);
        return sums;
    }

    private LongStream predictingRows(Branch branch, List<Integer> sequences) {
        Sequences all = stream.layout().sequences();
        return stream.layout().segmentsOf(branch, sequences).stream()
                .flatMapToLong(segment ->
                        all.predicting(segment.sequence()).mapToLong(position -> (long) segment.start() + position));
    }

    private LongStream rowsBefore(Branch branch, List<Continuation> continuations) {
        Map<Integer, Segment> segments =
                stream
                        .layout()
                        .segmentsOf(
                                branch,
                                continuations.stream()
                                        .map(Continuation::sequence)
                                        .toList())
                        .stream()
                        .collect(Collectors.toMap(Segment::sequence, segment -> segment));
        return continuations.stream().flatMapToLong(continuation -> {
            Segment segment = segments.get(continuation.sequence());
            long end = (long) segment.start() + segment.tokens();
            return LongStream.range(end - continuation.tokens().size(), end);
        });
    }

    private long[] targets(List<Integer> sequences) {
        Sequences all = stream.layout().sequences();
        return sequences.stream()
                .sorted()
                .flatMapToInt(sequence -> all.predicting(sequence).map(position -> all.target(sequence, position)))
                .asLongStream()
                .toArray();
    }

    /** The scores of each branch, from the sums of one part of its predictions after the other. */
    private static List<TokenScores> scores(List<VocabularySums> sums, int branches) {
        List<List<TokenScores>> parts =
                sums.stream().map(part -> scores(part, branches)).toList();
        return IntStream.range(0, branches)
                .mapToObj(branch -> TokenScores.joined(
                        parts.stream().map(part -> part.get(branch)).toList()))
                .toList();
    }

    /**
     * With M the maximum and Z the sum of exp(l - M): log p(v) = l(v) - M - log Z; the divergence of the original p0 to p
     * is the sum over v of p0(v) (l0(v) - l(v)) - (M0 + log Z0) + (M + log Z).
     */
    private static List<TokenScores> scores(VocabularySums sums, int branches) {
        float[] maximum = sums.maximum().toFloatArray();
        float[] total = sums.total().toFloatArray();
        float[] target = sums.targetLogit().toFloatArray();
        float[] divergence = sums.divergence().toFloatArray();
        long[] best = sums.best().toLongArray();
        int tokens = maximum.length / branches;
        List<TokenScores> scores = new ArrayList<>();
        for (int branch = 0; branch < branches; branch++) {
            float[] negativeLogLikelihood = new float[tokens];
            float[] divergences = new float[tokens];
            long[] topToken = new long[tokens];
            float[] logSums = new float[tokens];
            for (int token = 0; token < tokens; token++) {
                int i = branch * tokens + token;
                double logSum = maximum[i] + Math.log(total[i]);
                double originalLogSum = maximum[token] + Math.log(total[token]);
                negativeLogLikelihood[token] = (float) (logSum - target[i]);
                divergences[token] = (float) (divergence[i] / total[token] - originalLogSum + logSum);
                topToken[token] = best[i];
                logSums[token] = (float) logSum;
            }
            scores.add(new TokenScores(negativeLogLikelihood, divergences, topToken, logSums));
        }
        return scores;
    }
}
