package io.github.swscan.report;

import java.util.List;
import java.util.Optional;

/**
 * What an ablation measured: the contract with everything that reads {@code swscan-ablation.json}. Field names are stable;
 * fields may be added. Layers, experts, rows and columns count from 0, weights from 1. Logarithms are natural. What is not
 * known or does not apply is null.
 *
 * @param schemaVersion {@link #SCHEMA_VERSION}
 * @param createdAt when the run ended, ISO 8601 in UTC
 * @param baseline the unedited model
 * @param weights the single weights that the experiments are about
 * @param lines the whole rows and columns that they are about, numbered along with the weights
 * @param generation what was continued; null where nothing was
 * @param variants the experiments, in the order in which they were planned
 * @param copy the copy of the checkpoint that was written; null where none was
 * @param notes what a reader should know about this run, one sentence each
 */
public record AblationReport(
        String schemaVersion,
        Tool tool,
        String createdAt,
        ModelSummary model,
        Run run,
        Settings settings,
        Baseline baseline,
        List<Weight> weights,
        List<Line> lines,
        Optional<Generation> generation,
        List<Variant> variants,
        Optional<Copy> copy,
        List<String> notes)
        implements ReportDocument {

    public static final String SCHEMA_VERSION = "1.1";

    /**
     * How it was measured.
     *
     * @param tokenSource prompts, token-ids or synthetic
     * @param evaluationText what effects were measured on
     * @param sequences the number of sequences that effects were measured on
     * @param tokens the number of tokens that were predicted
     * @param readings how often the checkpoint was read
     * @param bytesRead from the checkpoint, in all readings
     * @param peakMemoryBytes the process's largest resident set, where the system says so
     */
    public record Run(
            String device,
            String precision,
            String tokenSource,
            String evaluationText,
            int sequences,
            int tokens,
            int readings,
            long bytesRead,
            long durationMillis,
            Optional<Long> peakMemoryBytes) {}

    /**
     * What was asked for.
     *
     * @param weightSource where the weights come from: {@code options}, {@code detection}, or the file name of a report
     * @param confidence of the intervals
     * @param resamples how many each interval comes from
     */
    public record Settings(
            String weightSource,
            List<String> kinds,
            List<Double> scales,
            int controls,
            int largest,
            long seed,
            double confidence,
            int resamples) {}

    /**
     * How the unedited model predicts.
     *
     * @param meanNll mean negative log-likelihood in nats per token
     * @param entropy of the predicted distributions, nats per token
     * @param stopWordMass the probability of all stop words together
     * @param tasks one for each task that was asked for
     * @param continuation of the prompt; null where nothing was generated
     * @param loopRate the share of the continuation's tokens that complete four tokens in a row that stood in it before;
     *     null where fewer than 128 were asked for
     */
    public record Baseline(
            double meanNll,
            double perplexity,
            Estimate entropy,
            Optional<Estimate> stopWordMass,
            List<TaskScore> tasks,
            Optional<Text> continuation,
            Optional<Double> loopRate) {}

    /**
     * What every variant continued greedily, each token the most likely one.
     *
     * @param tokens how many tokens were asked for; a continuation that ended has fewer
     * @param readings how often that had the checkpoint read
     */
    public record Generation(Text prompt, int tokens, int readings) {}

    /**
     * Tokens, and what they stand for.
     *
     * @param text null without a tokenizer
     */
    public record Text(List<Integer> tokens, Optional<String> text) {}

    /** A weight that the experiments are about; fields as in {@link DetectionReport.SuperWeight}. */
    public record Weight(
            int number,
            String tensor,
            int layer,
            Optional<Integer> expert,
            int row,
            int column,
            float value,
            Location location) {

        /** As that of {@link DetectionReport.SuperWeight}. */
        public String name() {
            return DetectionReport.name(tensor, expert, row, column);
        }

        /** As that of {@link DetectionReport.SuperWeight}. */
        public String place() {
            return DetectionReport.place(layer, expert, row, column);
        }
    }

    /**
     * A whole row or column that the experiments are about.
     *
     * @param row the output channel; null for a column
     * @param column the input channel; null for a row
     */
    public record Line(
            int number,
            String tensor,
            int layer,
            Optional<Integer> expert,
            Optional<Integer> row,
            Optional<Integer> column) {}

    /**
     * One experiment.
     *
     * @param name unique within the report
     * @param kind what is done to the weights: remove, keep, pairs, set, scale, flip, row, column, mean, restore, control
     *     or largest
     * @param description for people
     * @param weights the numbers of the weights, rows and columns it is about
     * @param edits every single weight that is another than in the checkpoint
     * @param removedLines whole rows and columns that are removed
     * @param restorations super activations that are put back
     * @param means what single weights contribute at their spikes, put back
     * @param interaction how two weights act together; null but for two
     * @param recovery the part of the damage that restoration takes back, 1 for all of it; null but for restorations
     * @param gained tokens of the vocabulary whose mean probability rose most, the most first
     * @param lost those whose mean probability fell most
     * @param tasks as in the baseline
     * @param continuation as in the baseline
     * @param loopRate as in the baseline
     */
    public record Variant(
            String name,
            String kind,
            String description,
            List<Integer> weights,
            List<Edit> edits,
            List<RemovedLine> removedLines,
            List<Restoration> restorations,
            List<Mean> means,
            Effect effect,
            Optional<Interaction> interaction,
            Optional<Double> recovery,
            List<ProbabilityShift> gained,
            List<ProbabilityShift> lost,
            List<TaskScore> tasks,
            Optional<Text> continuation,
            Optional<Double> loopRate) {}

    /**
     * How well the model does a task.
     *
     * @param name the file, as the user named it
     * @param kind multiple-choice or last-word
     * @param items how many questions or texts it has
     * @param accuracy the share of items done right: the choice of the highest likelihood, or every token of the last
     *     word the most likely one
     * @param accuracyNormalized the same with log-likelihoods divided by the characters of the choice; null but for
     *     multiple choice
     * @param targetPerplexity of last words, by the word; null but for them
     */
    public record TaskScore(
            String name,
            String kind,
            int items,
            Statistic accuracy,
            Optional<Statistic> accuracyNormalized,
            Optional<Statistic> targetPerplexity) {}

    /** A number with its standard error over the items of a task, which is null with fewer than two items. */
    public record Statistic(double value, Optional<Double> standardError) {}

    /**
     * One weight replaced.
     *
     * @param stackIndex which of the matrices in the tensor, where it holds several
     * @param index its place in the tensor as the file stores it, one number for each dimension
     */
    public record Edit(
            String tensor, Optional<Integer> stackIndex, int row, int column, List<Long> index, float from, float to) {}

    /**
     * A whole row or column set to zero.
     *
     * @param stackIndex which of the matrices in the tensor, where it holds several
     * @param row null for a column
     * @param column null for a row
     */
    public record RemovedLine(
            String tensor, Optional<Integer> stackIndex, Optional<Integer> row, Optional<Integer> column) {}

    /**
     * What a weight contributes in the unedited model, at the tokens where the magnitude of that is at least half of its
     * maximum: the mean over these tokens put back at each of them.
     */
    public record Mean(String tensor, Optional<Integer> stackIndex, int row, int column) {}

    /** In every sequence, the unedited model's largest entry in an output channel put back. */
    public record Restoration(String tensor, Optional<Integer> stackIndex, int row) {}

    /**
     * What the experiment does to the model's predictions.
     *
     * @param meanNllRise meanNll less the baseline's
     * @param klDivergence original‖changed, nats per token
     * @param topTokenAgreement the share of predictions whose most likely token stays the same
     */
    public record Effect(
            double meanNll,
            Estimate meanNllRise,
            double perplexity,
            Estimate perplexityRatio,
            Estimate klDivergence,
            Estimate topTokenAgreement,
            Estimate entropy,
            Optional<Estimate> stopWordMass) {}

    /** A mean over the predicted tokens with its confidence interval, which is null with fewer than ten sequences. */
    public record Estimate(double value, Optional<Double> low, Optional<Double> high) {}

    /**
     * A copy of the checkpoint with the changes of one variant.
     *
     * @param variant its name
     * @param weights the single weights that were changed; of whole rows and columns those that could not be stored as zero
     * @param effect of what was stored
     */
    public record Copy(String variant, List<WrittenWeight> weights, Effect effect) {}

    /**
     * A weight as it was written.
     *
     * @param stackIndex which of the matrices in the tensor, where it holds several
     * @param from what it was
     * @param wanted what the variant makes of it
     * @param stored what it is in the copy: the nearest that its type, or a code in its place, stands for
     * @param code the code that stands for that; null for plain numbers
     */
    public record WrittenWeight(
            String tensor,
            Optional<Integer> stackIndex,
            int row,
            int column,
            float from,
            float wanted,
            float stored,
            Optional<Integer> code) {}

    /**
     * How the removal of two weights acts, in meanNllRise.
     *
     * @param sum of the rises of each alone
     * @param joint the rise of both together
     * @param excess joint less sum: above 0 where each hides what the other does, below 0 where one is enough
     */
    public record Interaction(double sum, double joint, double excess) {}

    /**
     * A token of the vocabulary whose mean probability changed.
     *
     * @param text what it stands for; null without a tokenizer
     */
    public record ProbabilityShift(int token, Optional<String> text, double before, double after) {}
}
