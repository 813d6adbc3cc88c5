package io.github.swscan.ablate;

import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Block;
import io.github.swscan.checkpoint.MalformedInputException;
import io.github.swscan.forward.Branch;
import io.github.swscan.forward.ForwardPass;
import io.github.swscan.forward.Model;
import io.github.swscan.forward.Predictions;
import io.github.swscan.forward.Probe;
import io.github.swscan.forward.Readout;
import io.github.swscan.forward.Sequences;
import io.github.swscan.forward.TokenScores;
import io.github.swscan.text.TokenSet;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Runs variants of a model side by side with the unedited one. As many as fit into the memory that a reading may take go
 * through the model together; where there are more, the checkpoint is read again for the rest.
 */
public final class Ablation {

    /** What the activations of one reading may take. */
    private static final long MAX_ACTIVATION_BYTES = 2_000_000_000L;

    /** How many tokens that gained or lost most are told. */
    private static final int SHIFTS = 5;

    private final Model model;
    private final Path checkpoint;
    private final Sequences sequences;
    private final Optional<BitSet> stopWords;
    private final Bootstrap bootstrap;

    /**
     * @param checkpoint for messages
     * @param tokens whose evaluation sequences are run; at least one of them of two tokens or more
     * @param stopWords the stop words of the vocabulary, where they are known
     * @param seed of the resampling
     */
    public Ablation(Model model, Path checkpoint, TokenSet tokens, Optional<BitSet> stopWords, long seed) {
        this.model = model;
        this.checkpoint = checkpoint;
        this.sequences = new Sequences(tokens.evaluation().stream()
                .map(tokens.sequences()::get)
                .filter(ids -> ids.length > 1)
                .toList());
        this.stopWords = stopWords;
        this.bootstrap = new Bootstrap(
                sequences.all().stream()
                        .mapToInt(sequence -> sequences.tokens(sequence) - 1)
                        .toArray(),
                seed);
    }

    /** On how many sequences effects are measured. */
    public int sequences() {
        return sequences.count();
    }

    /** How often the checkpoint has to be read for so many variants. */
    public int readings(int variants) {
        return Math.max(1, (variants + variantsAtOnce() - 1) / variantsAtOnce());
    }

    /**
     * Measures the variants. The same inputs give the same result.
     *
     * @param bytesRead is told of every part of the checkpoint that is read, in bytes
     * @throws MalformedInputException if the unedited model's logits are not finite
     */
    public AblationResult run(List<Variant> variants, LongConsumer bytesRead) {
        Optional<Outcome> baseline = Optional.empty();
        List<Outcome> outcomes = new ArrayList<>();
        int predictions = 0;
        for (int reading = 0; reading < readings(variants.size()); reading++) {
            int first = reading * variantsAtOnce();
            List<Measured> measured =
                    measure(variants.subList(first, Math.min(variants.size(), first + variantsAtOnce())), bytesRead);
            Measured original = measured.get(0);
            requireFinite(original.scores());
            predictions = original.scores().tokens();
            baseline = baseline.or(() -> Optional.of(outcome(original, original)));
            measured.subList(1, measured.size()).forEach(branch -> outcomes.add(outcome(branch, original)));
        }
        return new AblationResult(baseline.orElseThrow(), outcomes, predictions, readings(variants.size()));
    }

    private record Measured(TokenScores scores, Predictions predictions) {}

    /** The unedited model first. */
    private List<Measured> measure(List<Variant> variants, LongConsumer bytesRead) {
        List<Branch> branches = new ArrayList<>();
        List<Branch> planned = variants.stream()
                .map(variant -> variant.branch(sequences.all()))
                .toList();
        try (ForwardPass pass = new ForwardPass(model, sequences, bytesRead)) {
            branches.add(pass.original());
            branches.addAll(planned);
            Readout readout = pass.run(planned, Probe.NONE);
            List<TokenScores> scores = readout.score(branches, sequences.all());
            List<Predictions> predictions =
                    readout.predictions(branches, sequences.all(), scores, stopWords.orElseGet(BitSet::new));
            return IntStream.range(0, branches.size())
                    .mapToObj(branch -> new Measured(scores.get(branch), predictions.get(branch)))
                    .toList();
        }
    }

    /** Every branch takes the rows of all sequences, and a row the activations of the widest layer. */
    private int variantsAtOnce() {
        Architecture architecture = model.architecture();
        long widest = architecture.blocks().stream()
                .flatMap(Block::linears)
                .mapToLong(linear -> Math.max(linear.inputs(), linear.outputs()))
                .max()
                .orElse(architecture.hiddenSize());
        long rowBytes = Float.BYTES * (3 * widest + 6L * architecture.hiddenSize());
        long branches = MAX_ACTIVATION_BYTES / (rowBytes * sequences.totalTokens()) - 1;
        return (int) Math.max(1, Math.min(Integer.MAX_VALUE, branches));
    }

    private void requireFinite(TokenScores original) {
        if (!Double.isFinite(original.meanNegativeLogLikelihood())) {
            throw notFinite(checkpoint);
        }
    }

    /** Why nothing can be measured on a model that computes NaN or infinities. */
    public static MalformedInputException notFinite(Path checkpoint) {
        return new MalformedInputException(
                checkpoint, "", "the model computes numbers that are not finite", "see what 'swscan detect' says");
    }

    private Outcome outcome(Measured branch, Measured original) {
        float[] nll = branch.scores().negativeLogLikelihoods();
        float[] originalNll = original.scores().negativeLogLikelihoods();
        long[] top = branch.scores().topTokens();
        long[] originalTop = original.scores().topTokens();
        Estimate meanNll = estimate(nll.length, i -> nll[i]);
        return new Outcome(
                meanNll.value(),
                estimate(nll.length, i -> (double) nll[i] - originalNll[i]),
                estimate(branch.scores().divergences()),
                estimate(nll.length, i -> top[i] == originalTop[i] ? 1 : 0),
                estimate(branch.predictions().entropies()),
                stopWords.map(words -> estimate(branch.predictions().markedMasses())),
                shifts(branch, original, ProbabilityChange.ROSE),
                shifts(branch, original, ProbabilityChange.FELL));
    }

    private interface PerToken {
        double value(int prediction);
    }

    private Estimate estimate(int predictions, PerToken value) {
        return bootstrap.mean(
                IntStream.range(0, predictions).mapToDouble(value::value).toArray());
    }

    private Estimate estimate(float[] values) {
        return estimate(values.length, i -> values[i]);
    }

    private enum ProbabilityChange {
        ROSE,
        FELL
    }

    private static List<Outcome.ProbabilityShift> shifts(Measured branch, Measured original, ProbabilityChange wanted) {
        float[] before = original.predictions().meanProbabilities();
        float[] after = branch.predictions().meanProbabilities();
        ToDoubleFunction<Integer> rise =
                token -> wanted == ProbabilityChange.ROSE ? after[token] - before[token] : before[token] - after[token];
        return IntStream.range(0, before.length)
                .boxed()
                .filter(token -> rise.applyAsDouble(token) > 0)
                .sorted(Comparator.comparingDouble(rise).reversed())
                .limit(SHIFTS)
                .map(token -> new Outcome.ProbabilityShift(token, before[token], after[token]))
                .toList();
    }
}
