package io.github.swscan.ablate;

import io.github.swscan.effect.Bootstrap;
import io.github.swscan.effect.Estimate;
import io.github.swscan.forward.ActivationRows;
import io.github.swscan.forward.Branch;
import io.github.swscan.forward.ForwardPass;
import io.github.swscan.forward.HeadPass;
import io.github.swscan.forward.Predictions;
import io.github.swscan.forward.Probe;
import io.github.swscan.forward.RunnableModel;
import io.github.swscan.forward.Sequences;
import io.github.swscan.forward.TokenScores;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.text.TokenSet;
import io.github.swscan.text.task.Task;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.LongConsumer;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Runs variants of a model side by side with the unedited one. As many as fit into the memory that a reading may take go
 * through the model together; where there are more, the checkpoint is read again for the rest. The same holds for the
 * texts of tasks.
 */
public final class Ablation {

    /** How many tokens that gained or lost most are told. */
    private static final int SHIFTS = 5;

    private final RunnableModel model;
    private final Path checkpoint;
    private final Sequences sequences;
    private final List<Task> tasks;
    private final TaskRequests requests;
    private final Optional<BitSet> stopWords;
    private final Bootstrap bootstrap;
    private final ActivationRows rows;

    /**
     * @param checkpoint for messages
     * @param tokens whose evaluation sequences are run; in at least one of them something is to be predicted
     * @param tasks on which accuracy is measured; may be none
     * @param stopWords the stop words of the vocabulary, where they are known
     * @param seed of the resampling
     */
    public Ablation(
            RunnableModel model,
            Path checkpoint,
            TokenSet tokens,
            List<Task> tasks,
            Optional<BitSet> stopWords,
            long seed) {
        this(model, checkpoint, tokens, tasks, stopWords, seed, ActivationRows.of(model));
    }

    Ablation(
            RunnableModel model,
            Path checkpoint,
            TokenSet tokens,
            List<Task> tasks,
            Optional<BitSet> stopWords,
            long seed,
            ActivationRows rows) {
        this.model = model;
        this.checkpoint = checkpoint;
        TokenSet evaluation = tokens.predicted();
        this.sequences = new Sequences(evaluation.sequences(), evaluation.targets());
        this.tasks = List.copyOf(tasks);
        this.requests = new TaskRequests(tasks);
        this.rows = rows;
        this.stopWords = stopWords;
        this.bootstrap = new Bootstrap(
                sequences.all().stream().mapToInt(sequences::predictions).toArray(), seed);
    }

    /** On how many sequences effects are measured. */
    public int sequences() {
        return sequences.count();
    }

    /**
     * What is read.
     *
     * @param readings how often the checkpoint is read
     * @param tokens how many go into the model, in all readings together
     * @param headReadings how often the language-modelling head is read, in all readings together
     */
    public record Plan(int readings, long tokens, int headReadings) {}

    /** What so many variants take. */
    public Plan plan(int variants) {
        int readings = 0;
        int headReadings = 0;
        for (int group : groups(variants)) {
            List<TaskBatch> batches = batches(group);
            readings += batches.size();
            headReadings += 2
                    + (int) batches.stream()
                            .filter(batch -> !batch.sequences().isEmpty())
                            .count();
        }
        return new Plan(
                readings, groups(variants).size() * (sequences.totalTokens() + requests.tokens()), headReadings);
    }

    /**
     * Measures the variants. The same inputs give the same result.
     *
     * @param bytesRead is told of every part of the checkpoint that is read, in bytes
     * @throws io.github.swscan.engine.EngineFailure if memory does not suffice for the unedited model and one variant
     * @throws MalformedInputException if the unedited model's logits are not finite
     */
    public AblationResult run(List<Variant> variants, LongConsumer bytesRead) {
        rows.require(2L * sequences.totalTokens());
        Optional<Outcome> baseline = Optional.empty();
        List<Outcome> outcomes = new ArrayList<>();
        int predictions = 0;
        int first = 0;
        for (int group : groups(variants.size())) {
            List<Measured> measured = measure(variants.subList(first, first + group), bytesRead);
            first += group;
            Measured original = measured.get(0);
            requireFinite(original);
            predictions = original.scores().tokens();
            baseline = baseline.or(() -> Optional.of(outcome(original, original)));
            measured.subList(1, measured.size()).forEach(branch -> outcomes.add(outcome(branch, original)));
        }
        return new AblationResult(
                baseline.orElseThrow(),
                outcomes,
                predictions,
                plan(variants.size()).readings());
    }

    private record Measured(TokenScores scores, Predictions predictions, RequestResults requests) {}

    /** The unedited model first. */
    private List<Measured> measure(List<Variant> variants, LongConsumer bytesRead) {
        List<RequestResults> results = IntStream.rangeClosed(0, variants.size())
                .mapToObj(branch -> new RequestResults(requests.count()))
                .toList();
        List<TaskBatch> batches = batches(variants.size());
        List<Measured> measured = new ArrayList<>();
        read(variants, sequences, batches.get(0).sequences(), bytesRead, (readout, branches) -> {
            List<Branch> evaluated = branches.ofEvaluation();
            List<TokenScores> scores = readout.score(evaluated, sequences.all());
            List<Predictions> predictions =
                    readout.predictions(evaluated, sequences.all(), scores, stopWords.orElseGet(BitSet::new));
            batches.get(0).score(readout, branches.ofTasks(), sequences.count(), results);
            for (int branch = 0; branch < evaluated.size(); branch++) {
                measured.add(new Measured(scores.get(branch), predictions.get(branch), results.get(branch)));
            }
        });
        for (TaskBatch batch : batches.subList(1, batches.size())) {
            read(
                    variants,
                    new Sequences(List.of()),
                    batch.sequences(),
                    bytesRead,
                    (readout, branches) -> batch.score(readout, branches.ofTasks(), 0, results));
        }
        return measured;
    }

    /**
     * The unedited model and the variants over some of the texts of a reading.
     *
     * <p>Each variant has a branch for the evaluation sequences and another one for the texts of tasks, so that what is put
     * back in the former does not depend on the latter.
     */
    private record Branches(List<Branch> ofEvaluation, List<Branch> ofTasks) {}

    private void read(
            List<Variant> variants,
            Sequences evaluated,
            List<int[]> ofTasks,
            LongConsumer bytesRead,
            BiConsumer<HeadPass, Branches> use) {
        Sequences read = evaluated.and(ofTasks);
        List<Branch> first = branches(variants, evaluated.all());
        List<Branch> second = branches(variants, read.all().subList(evaluated.count(), read.count()));
        try (ForwardPass pass = new ForwardPass(model, read, bytesRead)) {
            List<Branch> planned = Stream.concat(first.stream(), second.stream())
                    .filter(branch -> !branch.sequences().isEmpty())
                    .toList();
            HeadPass readout = pass.run(planned, Probe.NONE);
            use.accept(readout, new Branches(with(pass.original(), first), with(pass.original(), second)));
        }
    }

    private static List<Branch> branches(List<Variant> variants, List<Integer> sequences) {
        return variants.stream().map(variant -> variant.branch(sequences)).toList();
    }

    private static List<Branch> with(Branch original, List<Branch> others) {
        return Stream.concat(Stream.of(original), others.stream()).toList();
    }

    /** How many variants go through the model together, one time after the other. */
    private List<Integer> groups(int variants) {
        int most = (int) Math.max(1, Math.min(Integer.MAX_VALUE, rows() / sequences.totalTokens() - 1));
        List<Integer> groups = new ArrayList<>();
        for (int left = variants; left > 0 || groups.isEmpty(); left -= most) {
            groups.add(Math.min(most, left));
        }
        return groups;
    }

    /** What is read for so many variants: the evaluation sequences in the first reading, tasks where there is room. */
    private List<TaskBatch> batches(int variants) {
        return requests.batches(rows() / (variants + 1), sequences.totalTokens());
    }

    /** How many rows, of all branches together, one reading may have. */
    private long rows() {
        return rows.most();
    }

    private void requireFinite(Measured original) {
        if (!Double.isFinite(original.scores().meanNegativeLogLikelihood())
                || !original.requests().areFinite()) {
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
                shifts(branch, original, ProbabilityChange.FELL),
                new TaskScoring(branch.requests()).scores(tasks));
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
