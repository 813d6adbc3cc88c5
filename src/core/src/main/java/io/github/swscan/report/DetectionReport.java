package io.github.swscan.report;

import java.util.List;
import java.util.Optional;

/**
 * What a detection found: the contract with everything that reads {@code swscan-report.json}. Field names are stable;
 * fields may be added. Layers, experts, rows, columns, prompts, positions and channels count from 0. Logarithms are
 * natural. What is not known or does not apply is null.
 *
 * @param schemaVersion {@link #SCHEMA_VERSION}
 * @param createdAt when the run ended, ISO 8601 in UTC
 * @param baseline null if the model computes numbers that are not finite
 * @param layers one entry for each down projection, in the order of the layers; those from which on the model computes
 *     numbers that are not finite are left out
 * @param superWeights ranked by effect, the strongest first
 * @param groups sets of candidates that write the same residual channel or read the same input channel
 * @param otherSpikes spikes that are no super weights, and why
 * @param allRemoved the effect of removing all independent candidates together; null without any
 * @param control the effect of removing the control weights together; null without candidates
 * @param nonFinite the tensors that hold NaN or infinities, if the model computes such numbers; else empty
 * @param notes what a reader should know about this run, one sentence each
 */
public record DetectionReport(
        String schemaVersion,
        Tool tool,
        String createdAt,
        ModelSummary model,
        Run run,
        Settings settings,
        Optional<Baseline> baseline,
        List<Layer> layers,
        List<SuperWeight> superWeights,
        List<Group> groups,
        List<OtherSpike> otherSpikes,
        Optional<Effect> allRemoved,
        Optional<Control> control,
        List<NonFinite> nonFinite,
        List<String> notes)
        implements ReportDocument {

    public static final String SCHEMA_VERSION = "1.0";

    /**
     * How it was scanned.
     *
     * @param tokenSource prompts, token-ids or synthetic
     * @param evaluationText what effects were measured on
     * @param prompts the number of sequences in which peaks were looked for
     * @param tokens the number of tokens of all sequences
     * @param readings how often the checkpoint was read
     * @param bytesRead from the checkpoint, in all readings
     * @param peakMemoryBytes the process's largest resident set, where the system says so
     */
    public record Run(
            String device,
            String precision,
            String tokenSource,
            String evaluationText,
            int prompts,
            int tokens,
            int readings,
            long bytesRead,
            long durationMillis,
            Optional<Long> peakMemoryBytes) {}

    /** The rules by which the run judged. Thresholds are perplexity ratios and, without text, nats per token. */
    public record Settings(
            String spikeRule,
            double minimumShare,
            String verdictMeasure,
            Thresholds thresholds,
            double controlFactor,
            int maximumCandidates,
            int controls,
            long seed) {}

    public record Thresholds(double critical, double high, double moderate) {}

    /**
     * How the unedited model predicts the evaluated tokens.
     *
     * @param meanNll mean negative log-likelihood in nats per token, over each sequence's tokens from its second on
     * @param tokens the number of predictions
     */
    public record Baseline(double meanNll, double perplexity, int tokens) {}

    /** The activation peaks of one down projection. */
    public record Layer(int layer, Optional<Integer> expert, String tensor, Peak input, Peak output, boolean spike) {}

    /**
     * What a change to the model does to its predictions.
     *
     * @param meanNll of the changed model, as in {@link Baseline}
     * @param meanNllRise meanNll less the baseline's
     * @param klDivergence original‖changed, nats per token
     * @param topTokenAgreement the share of predictions whose most likely token stays the same
     */
    public record Effect(
            double meanNll,
            double meanNllRise,
            double perplexityRatio,
            double klDivergence,
            double topTokenAgreement) {}

    /**
     * A candidate whose removal damages the model.
     *
     * @param row output channel
     * @param column input channel
     * @param input the entry of x that the weight multiplies, at the token of its spike
     * @param output the entry of y that it writes, at that token
     * @param contributionShare the part of that output that this weight makes
     * @param kind {@code independent}: its spike is there without the earlier candidates; {@code dependent}: it is not
     * @param group the number of its group; null if it is in none
     * @param effect of removing it alone
     * @param effectPutBack of removing the rest of its group, with only this one left in place; null without a group
     * @param verdict critical, high or moderate
     */
    public record SuperWeight(
            int rank,
            String tensor,
            int layer,
            Optional<Integer> expert,
            int row,
            int column,
            float value,
            Location location,
            Peak input,
            Peak output,
            double contributionShare,
            String kind,
            Optional<Integer> group,
            Effect effect,
            Optional<Effect> effectPutBack,
            Verdict verdict) {}

    /**
     * Candidates that back each other up.
     *
     * @param members as {@code tensor[row, column]}
     * @param effect of removing all of them
     */
    public record Group(int group, List<String> members, Effect effect) {}

    /**
     * A spike that is no super weight.
     *
     * @param reason {@code diffuse}: made by many weights together; {@code cancelling}: takes an earlier super activation
     *     away again; {@code harmless}: removing its weight does no damage
     * @param column of the weight with the largest contribution
     * @param kind as in {@link SuperWeight}; null for diffuse spikes
     * @param effect of removing that weight alone; null where that was not measured
     */
    public record OtherSpike(
            String reason,
            String tensor,
            int layer,
            Optional<Integer> expert,
            int row,
            int column,
            float value,
            Location location,
            Peak input,
            Peak output,
            double contributionShare,
            Optional<String> kind,
            Optional<Integer> group,
            Optional<Effect> effect,
            Optional<Effect> effectPutBack) {}

    /**
     * What happens if ordinary weights go: a few random ones of similar magnitude from each candidate's tensor, all
     * removed together.
     *
     * @param weights as {@code tensor[row, column]}
     */
    public record Control(
            List<String> weights,
            double meanNll,
            double meanNllRise,
            double perplexityRatio,
            double klDivergence,
            double topTokenAgreement) {}

    /**
     * A tensor that holds NaN or infinities. The place is that of the first of them, in stored order.
     *
     * @param layer null outside the blocks
     * @param expert null outside the experts of a mixture
     * @param row in a linear map the output channel; else the index in all dimensions but the last; null for a number
     * @param column in a linear map the input channel; else the index in the last dimension; null in a vector
     * @param value {@code NaN}, {@code Infinity} or {@code -Infinity}
     * @param count how many there are in the tensor
     */
    public record NonFinite(
            String tensor,
            Optional<Integer> layer,
            Optional<Integer> expert,
            Optional<Integer> row,
            Optional<Integer> column,
            String value,
            long count,
            Location location) {}
}
