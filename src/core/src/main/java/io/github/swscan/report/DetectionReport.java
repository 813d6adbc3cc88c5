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
 * @param baseline null if the model has no language-modelling head, or computes numbers that are not finite
 * @param hiddenState what stands in place of the baseline for a model without a head; null for others, and after a breakdown
 * @param layers one entry for each down projection, in the order of the layers; those from which on the model computes
 *     numbers that are not finite are left out
 * @param residual the residual stream behind each layer; not those from which on it is not finite; empty in reports of
 *     schema 1
 * @param layersWithoutMlp the layers that have no down projection
 * @param recurrences one entry for each linear attention or state space, in the order of the layers; super weights are not
 *     looked for there
 * @param superActivations entries of the residual stream that are massive and last for most of the layers that follow, the
 *     most massive first
 * @param traces how the most massive of them go through the layers; none where nothing was measured on all of the text
 * @param verdict the strongest of all weights and sets; null where nothing has one
 * @param superWeights every weight with a verdict of its own, and every member of a set; those of the largest damage, alone
 *     or in a set, first
 * @param sets weights that matter together, the largest damage first
 * @param otherSpikes tested weights and spikes that are no super weights, and why
 * @param untestedSpikes what might be tested with a larger budget
 * @param allRemoved the effect of removing all independent candidates together; null where that was not measured
 * @param control the effect of removing the control weights together; null without candidates
 * @param nonFinite the tensors that hold NaN or infinities, if the model computes such numbers; else empty
 * @param changes what is another than in a baseline; null where none was named
 * @param policy what the model was held to; null where it was to nothing
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
        Optional<HiddenState> hiddenState,
        List<Layer> layers,
        List<ResidualPeak> residual,
        List<Integer> layersWithoutMlp,
        List<Recurrence> recurrences,
        List<SuperActivation> superActivations,
        List<Trace> traces,
        Optional<Verdict> verdict,
        List<SuperWeight> superWeights,
        List<WeightSet> sets,
        List<OtherSpike> otherSpikes,
        UntestedSpikes untestedSpikes,
        Optional<Effect> allRemoved,
        Optional<Control> control,
        List<NonFinite> nonFinite,
        Optional<Changes> changes,
        Optional<PolicyOutcome> policy,
        List<String> notes)
        implements ReportDocument {

    public static final String SCHEMA_VERSION = "2.0";

    /** Whether the unedited model computed numbers that are not finite, so that nothing could be proven. */
    public boolean brokeDown() {
        return baseline.isEmpty() && hiddenState.isEmpty() && !holdsUnsafePickle();
    }

    /** Whether the model was not read, for a file of its weights wants to run code. */
    public boolean holdsUnsafePickle() {
        return !model.unsafe().isEmpty();
    }

    /** What it comes to, in a word or two: the verdict; {@code unsafe}, {@code not finite} or {@code none} where it has none. */
    public String outcome() {
        if (holdsUnsafePickle()) {
            return "unsafe";
        }
        return brokeDown() ? "not finite" : verdict.map(Verdict::toString).orElse("none");
    }

    /**
     * How it was scanned. Of a model that was not read, names are {@code none} and numbers 0.
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

    /**
     * The rules by which the run judged. Thresholds are perplexity ratios; without text, nats per token; without a
     * language-modelling head, parts of the hidden state, or of a sentence encoder what the cosine lacks to 1.
     *
     * @param maximumCandidates how many candidates could be tested; 0 of a model that was not read, unless the user said
     * @param budget null in reports of schema 1
     * @param textDigest SHA-256 over the token ids on which effects were measured, each as four bytes, the highest first,
     *     each sequence preceded by its length in the same form; null in reports of schema 1
     */
    public record Settings(
            String spikeRule,
            double minimumShare,
            String verdictMeasure,
            Thresholds thresholds,
            double controlFactor,
            int maximumCandidates,
            int controls,
            long seed,
            Optional<Budget> budget,
            Optional<String> textDigest) {}

    /**
     * How much was computed, at most; a constant of the model's size.
     *
     * @param tokenBranches tokens times branches, of both readings together
     * @param screenTokens how many tokens candidates were screened on
     * @param confirmTokens how many tokens effects were measured on
     * @param longestWindow of the sequences of these
     * @param leftOut how many experiments there was no room for
     */
    public record Budget(long tokenBranches, int screenTokens, int confirmTokens, int longestWindow, int leftOut) {}

    public record Thresholds(double critical, double high, double moderate) {}

    /**
     * How the unedited model predicts the evaluated tokens.
     *
     * @param meanNll mean negative log-likelihood in nats per token, over each sequence's tokens from its second on
     * @param tokens the number of predictions
     */
    public record Baseline(double meanNll, double perplexity, int tokens) {}

    /**
     * What effects on a model without a language-modelling head are measured on: its last hidden state behind the final
     * norm.
     *
     * @param tokens the number of tokens
     * @param embeddings the number of texts whose vectors effects are measured on beside that; null where it is not known
     *     how the model makes them
     */
    public record HiddenState(int tokens, Optional<Integer> embeddings) {}

    /**
     * The activation peaks of one down projection.
     *
     * @param call which use of the tensor it is, from 0, where several layers read the same one; else null
     */
    public record Layer(
            int layer,
            Optional<Integer> expert,
            Optional<Integer> call,
            String tensor,
            Peak input,
            Peak output,
            boolean spike) {}

    /** The activation peaks of the output projection of linear attention or a state space. */
    public record Recurrence(int layer, String tensor, Peak input, Peak output) {}

    /**
     * A channel of the residual stream that is massive, at least 50 times the median magnitude of all entries, behind most
     * of the layers from the first such one on.
     *
     * @param lasting behind how many layers it is massive
     * @param peak its largest entry behind any layer
     * @param peakLayer behind which that is
     * @param medians how many times the median magnitude there that is
     */
    public record SuperActivation(int channel, int firstLayer, int lasting, Peak peak, int peakLayer, double medians) {}

    /**
     * The largest entry of the residual stream behind a layer.
     *
     * @param peak its prompt counts those that peaks are looked for in
     */
    public record ResidualPeak(int layer, Peak peak) {}

    /**
     * A super activation behind each layer, and what is left of it without the set or the weight whose removal does most.
     *
     * @param values the largest magnitude in the channel, over all tokens that effects were measured on, a number a layer
     * @param removed the weights, as in the members of sets; empty where none were
     * @param without the same as {@code values} without these weights; empty where none were removed
     */
    public record Trace(int channel, List<Float> values, List<String> removed, List<Float> without) {}

    /**
     * What a change to the model does to its output. Without a language-modelling head all that is about predictions is
     * null, and with one all that is about the hidden state.
     *
     * @param meanNll of the changed model, as in {@link Baseline}
     * @param meanNllRise meanNll less the baseline's
     * @param klDivergence original‖changed, nats per token
     * @param topTokenAgreement the share of predictions whose most likely token stays the same
     * @param meanNllRiseError the standard error of meanNllRise, over sequences; null in reports of schema 1
     * @param klDivergenceError that of klDivergence
     * @param hiddenChange |h' - h| / |h| of the last hidden state h behind the final norm, the mean over tokens
     * @param hiddenCosine the cosine of h' and h, the mean over tokens
     * @param hiddenChangeError the standard error of hiddenChange, over sequences
     * @param embeddingCosine the cosine of the vectors that a sentence encoder makes of a text, the mean over texts; null
     *     for other models
     * @param embeddingCosineError the standard error of embeddingCosine
     */
    public record Effect(
            Optional<Double> meanNll,
            Optional<Double> meanNllRise,
            Optional<Double> perplexityRatio,
            Optional<Double> klDivergence,
            Optional<Double> topTokenAgreement,
            Optional<Double> meanNllRiseError,
            Optional<Double> klDivergenceError,
            Optional<Double> hiddenChange,
            Optional<Double> hiddenCosine,
            Optional<Double> hiddenChangeError,
            Optional<Double> embeddingCosine,
            Optional<Double> embeddingCosineError) {

        /** That of a model with a language-modelling head. */
        public static Effect onPredictions(
                double meanNll,
                double meanNllRise,
                double perplexityRatio,
                double klDivergence,
                double topTokenAgreement,
                double meanNllRiseError,
                double klDivergenceError) {
            return new Effect(
                    Optional.of(meanNll),
                    Optional.of(meanNllRise),
                    Optional.of(perplexityRatio),
                    Optional.of(klDivergence),
                    Optional.of(topTokenAgreement),
                    Optional.of(meanNllRiseError),
                    Optional.of(klDivergenceError),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty());
        }

        /** That of a model without one. */
        public static Effect onHiddenState(double hiddenChange, double hiddenCosine, double hiddenChangeError) {
            return new Effect(
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.of(hiddenChange),
                    Optional.of(hiddenCosine),
                    Optional.of(hiddenChangeError),
                    Optional.empty(),
                    Optional.empty());
        }

        /** The same with what becomes of the vectors of texts. */
        public Effect andEmbeddings(double cosine, double cosineError) {
            return new Effect(
                    meanNll,
                    meanNllRise,
                    perplexityRatio,
                    klDivergence,
                    topTokenAgreement,
                    meanNllRiseError,
                    klDivergenceError,
                    hiddenChange,
                    hiddenCosine,
                    hiddenChangeError,
                    Optional.of(cosine),
                    Optional.of(cosineError));
        }
    }

    /**
     * A weight that matters, alone or with others.
     *
     * @param row output channel
     * @param column input channel
     * @param stored what stands in the file for it; null where weights are plain numbers
     * @param original what it was before it was quantized; null where no other checkpoint was named
     * @param input the entry of x that the weight multiplies, at the token where it adds most to the residual stream
     * @param output the entry of y that it writes, at that token
     * @param contributionShare the part of that output that this weight makes
     * @param streamShare the largest part of the residual vector's norm behind the layer that its contribution makes; null
     *     in reports of schema 1
     * @param candidate its place in the order of the candidates, from 1; null in reports of schema 1
     * @param kind {@code independent}: its input is there without the candidates of earlier layers; {@code dependent}: it
     *     is not
     * @param sets the numbers of the sets that it is a member of
     * @param effect of removing it alone
     * @param confirmed whether that was measured on all of the text; else on what candidates were screened on
     * @param effectFlipped of turning its sign instead; null where that was not measured
     * @param verdict by the effect of removing it alone: critical, high, moderate, harmless
     * @param flipVerdict by the effect of turning its sign; null where that was not measured
     * @param nearThreshold whether the verdict may be another on other text: a threshold is within two standard errors
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
            Optional<Stored> stored,
            Optional<Original> original,
            Peak input,
            Peak output,
            double contributionShare,
            Optional<Double> streamShare,
            Optional<Integer> candidate,
            String kind,
            List<Integer> sets,
            Effect effect,
            boolean confirmed,
            Optional<Effect> effectFlipped,
            Verdict verdict,
            Optional<Verdict> flipVerdict,
            boolean nearThreshold) {

        /** {@code tensor[row, column]}, or {@code tensor[expert, row, column]}, as in the members of sets. */
        public String name() {
            return DetectionReport.name(tensor, expert, row, column);
        }

        /** {@code layer:row:column}, in mixtures {@code layer:expert:row:column}, as {@code swscan ablate --weight} takes it. */
        public String place() {
            return DetectionReport.place(layer, expert, row, column);
        }
    }

    /**
     * A quantized weight as it is stored. Its value is {@code (code - zero) * scale}, or {@code code * scale + bias}, in
     * float32; where both are null, it is the number that the code stands for in the format, times the scale.
     *
     * @param format the stored type
     * @param code null where codes stand for several weights, as in formats with grids
     * @param scale the product of all scales; null without codes
     * @param zero the code that stands for 0
     * @param bias what is added
     * @param block the weights that share the scale; null without codes
     * @param statement why there is no code, for people
     */
    public record Stored(
            String format,
            Optional<Integer> code,
            Optional<Float> scale,
            Optional<Float> zero,
            Optional<Float> bias,
            Optional<Block> block,
            Optional<String> statement) {}

    /**
     * Weights that share a scale.
     *
     * @param start the first of them, as an element of the tensor in row-major order
     * @param size how many they are
     * @param step the distance of neighbouring numbers in the block; where distances differ, the one at the median magnitude
     *     of the neighbours
     * @param stepWithout what it would be if the scale had not to reach this weight, at most; null without neighbours
     * @param neighbours how many other weights there are in the block
     * @param surroundings some of its weights; null in older reports
     */
    public record Block(
            long start,
            long size,
            float step,
            Optional<Float> stepWithout,
            long neighbours,
            Optional<Surroundings> surroundings) {}

    /**
     * The weights of a block that lie nearest to a super weight.
     *
     * @param place which of the values is the super weight, from 0
     * @param values in the order of the elements, at most 65
     */
    public record Surroundings(int place, List<Float> values) {}

    /**
     * A weight in the checkpoint that the model was made from.
     *
     * @param error value less that of the original
     */
    public record Original(float value, double error) {}

    /**
     * Weights that matter together.
     *
     * @param set its number, from 1
     * @param rank its place by damage, from 1
     * @param kind {@code joint}: no member can be left in without losing half of the damage; {@code gradual}: the damage
     *     falls with each member that is left in, and no smaller set does as much
     * @param members as {@code tensor[row, column]}, or {@code tensor[expert, row, column]}
     * @param effect of removing all of them
     * @param alone of removing each alone, in the order of the members
     * @param leftIn of removing all but each, in the order of the members
     * @param nearThreshold as in {@link SuperWeight}
     */
    public record WeightSet(
            int set,
            int rank,
            String kind,
            List<String> members,
            Effect effect,
            List<Effect> alone,
            List<Effect> leftIn,
            Verdict verdict,
            boolean nearThreshold) {}

    /**
     * A spike that is no super weight, or a tested weight that is none. Fields as in {@link SuperWeight}.
     *
     * @param reason {@code diffuse}: made by many weights together; {@code cancelling}: takes an earlier super activation
     *     away again; {@code harmless}: removing its weight does no damage
     * @param column of the weight with the largest contribution
     * @param candidate null for diffuse spikes
     * @param kind null for diffuse spikes
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
            Optional<Double> streamShare,
            Optional<Integer> candidate,
            Optional<String> kind,
            Optional<Effect> effect,
            boolean confirmed,
            Optional<Effect> effectFlipped,
            Optional<Verdict> flipVerdict) {

        /** As that of {@link SuperWeight}. */
        public String name() {
            return DetectionReport.name(tensor, expert, row, column);
        }

        /** As that of {@link SuperWeight}. */
        public String place() {
            return DetectionReport.place(layer, expert, row, column);
        }
    }

    /**
     * Weights that add much to the residual stream and were not tested.
     *
     * @param count how many
     * @param strongest the first few in the order of the candidates
     */
    public record UntestedSpikes(int count, List<UntestedSpike> strongest) {}

    /** One of them. Fields as in {@link SuperWeight}. */
    public record UntestedSpike(
            String tensor,
            int layer,
            Optional<Integer> expert,
            int row,
            int column,
            float value,
            Location location,
            double streamShare) {

        /** As that of {@link SuperWeight}. */
        public String place() {
            return DetectionReport.place(layer, expert, row, column);
        }
    }

    /**
     * What happens if ordinary weights go: a few random ones of similar magnitude from each candidate's tensor, all
     * removed together.
     *
     * @param weights as {@code tensor[row, column]}
     */
    public record Control(
            List<String> weights,
            Optional<Double> meanNll,
            Optional<Double> meanNllRise,
            Optional<Double> perplexityRatio,
            Optional<Double> klDivergence,
            Optional<Double> topTokenAgreement,
            Optional<Double> hiddenChange,
            Optional<Double> hiddenCosine,
            Optional<Double> embeddingCosine) {

        /** What removing some weights does. */
        public static Control of(List<String> weights, Effect effect) {
            return new Control(
                    weights,
                    effect.meanNll(),
                    effect.meanNllRise(),
                    effect.perplexityRatio(),
                    effect.klDivergence(),
                    effect.topTokenAgreement(),
                    effect.hiddenChange(),
                    effect.hiddenCosine(),
                    effect.embeddingCosine());
        }
    }

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

    /**
     * What is another than in a report that was made before.
     *
     * @param baseline its file, as the user named it
     * @param changes empty if nothing is
     * @param notes what could not be compared, and why
     */
    public record Changes(String baseline, List<Change> changes, List<String> notes) {}

    /**
     * Something that is another now.
     *
     * @param kind {@code appeared}, {@code vanished}, {@code value}, {@code verdict} or {@code effect}
     * @param description for people
     * @param weights the weights that it is about, as in the members of sets
     */
    public record Change(String kind, String description, List<String> weights) {}

    /**
     * What a model was held to, and what was against it.
     *
     * @param failOn the rules, as users type them
     * @param violations empty if the policy holds
     * @param ignored what a policy file exempts
     */
    public record PolicyOutcome(List<String> failOn, List<Violation> violations, List<Ignored> ignored) {}

    /**
     * A finding that does not count.
     *
     * @param rule the kind of finding, such as {@code critical-set}
     * @param finding what it is, for people
     * @param weights the weights that it is about, as in the members of sets
     * @param reason why, in the words of the policy file
     * @param expires the last day of that
     * @param file the policy file
     */
    public record Ignored(
            String rule, String finding, List<String> weights, String reason, String expires, String file) {}

    /**
     * What a policy does not allow.
     *
     * @param rule the rule that it is against
     * @param finding what is against it, for people: {@code weight 1:57:123}, the layer, the expert of a mixture,
     *     row and column
     * @param weights the weights that it is about, as in the members of sets; none where the computation is not finite
     */
    public record Violation(String rule, String finding, List<String> weights) {}

    /**
     * The weight that a member of a set is.
     *
     * @param member as sets name it: with the expert where its tensor holds several, without where experts have tensors of
     *     their own
     */
    public Optional<SuperWeight> superWeight(String member) {
        return superWeights.stream()
                .filter(weight -> weight.name().equals(member)
                        || name(weight.tensor(), Optional.empty(), weight.row(), weight.column())
                                .equals(member))
                .findFirst();
    }

    /** The same, of a model that was held to a policy. */
    public DetectionReport with(PolicyOutcome outcome) {
        return with(changes, Optional.of(outcome));
    }

    /** The same, held against a report that was made before. */
    public DetectionReport with(Changes found) {
        return with(Optional.of(found), policy);
    }

    private DetectionReport with(Optional<Changes> found, Optional<PolicyOutcome> outcome) {
        return new DetectionReport(
                schemaVersion,
                tool,
                createdAt,
                model,
                run,
                settings,
                baseline,
                hiddenState,
                layers,
                residual,
                layersWithoutMlp,
                recurrences,
                superActivations,
                traces,
                verdict,
                superWeights,
                sets,
                otherSpikes,
                untestedSpikes,
                allRemoved,
                control,
                nonFinite,
                found,
                outcome,
                notes);
    }

    /** {@code layer:row:column}, in mixtures {@code layer:expert:row:column}. */
    public static String place(int layer, Optional<Integer> expert, int row, int column) {
        return "%d:%s%d:%d".formatted(layer, expert.map(number -> number + ":").orElse(""), row, column);
    }

    static String name(String tensor, Optional<Integer> expert, int row, int column) {
        return "%s[%s%d, %d]"
                .formatted(tensor, expert.map(number -> number + ", ").orElse(""), row, column);
    }
}
