package io.github.swscan.architecture;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;

/**
 * Chooses experts for a token.
 *
 * @param norm of the residual stream, which the router then reads in place of what the experts read
 * @param linear to one logit an expert
 * @param shared how many of the logits, the last ones, are of shared experts: whatever is chosen, these go into the sum
 *     with the chosen ones, and their weights multiply what they put into their down projections
 * @param logitScale what logits are multiplied by
 * @param scoring how logits become scores
 * @param softCap c of c · tanh(logit / c), which stands for the logit
 * @param jitter how far below the largest logit, relative to it, the sparse mixer still takes part: 2 * jitter
 * @param perToken how many experts a token goes to
 * @param correction what is added to the scores for the choice, but not for the weights
 * @param groups the choice is limited to the experts of some groups
 * @param table the tensor of the experts that each token of the vocabulary goes to, whatever its scores; empty: the scores
 *     choose
 * @param normalized whether the chosen experts' scores are divided by their sum, or another norm of theirs
 * @param order p of the norm (Σ score^p)^(1/p) that they are divided by: 1 for the sum
 * @param addedToSum is added to that sum
 * @param smallestSum the sum is not taken smaller than this
 * @param scale what the routing weights are multiplied by in the end
 * @param scaleTensor the tensor of one number that is another factor beside {@code scale}
 * @param expertScales the tensor of what else the weight of each expert is multiplied by [experts]
 * @param weighsInput whether an expert's input is multiplied by the routing weight, not its output
 */
public record Router(
        Optional<Norm> norm,
        Linear linear,
        int shared,
        double logitScale,
        OptionalDouble softCap,
        Scoring scoring,
        double jitter,
        int perToken,
        Optional<Correction> correction,
        Optional<Groups> groups,
        Optional<Table> table,
        boolean normalized,
        double order,
        double addedToSum,
        double smallestSum,
        double scale,
        Optional<String> scaleTensor,
        Optional<String> expertScales,
        boolean weighsInput) {

    /** How logits become scores. */
    public enum Scoring {
        SOFTMAX,
        SIGMOID,
        /** √ln(1 + exp(logit)) */
        SQUARE_ROOT_OF_SOFTPLUS,
        /**
         * SparseMixer as in Phi-3.5-MoE (Liu et al., arXiv 2310.00811): one expert after the other, each weighted by its
         * softmax over the logits that come close enough to the largest of those left.
         */
        SPARSE_MIXER
    }

    /** The tensor of one number an expert, which may be stored with a first dimension of 1. */
    public record Correction(String tensor, boolean hasLeadingDimension) {}

    /** The tensor of whole numbers [vocabulary, experts of a token]. */
    public record Table(String tensor, int vocabulary) {}

    /**
     * Groups of experts.
     *
     * @param count how many groups of equal size the experts are in
     * @param perToken how many of them a token may choose from: those with the largest scores
     * @param score what a group's score is
     */
    public record Groups(int count, int perToken, GroupScore score) {}

    /** The score of a group: that of its best expert, or the sum of its two best. */
    public enum GroupScore {
        BEST,
        SUM_OF_TWO_BEST
    }

    /** How many there are to choose from. */
    public int experts() {
        return linear.outputs() - shared;
    }

    Stream<Parameter> parameters() {
        return Stream.of(
                        norm.stream().flatMap(Norm::parameters),
                        linear.parameters(),
                        correction.stream()
                                .map(bias -> bias.hasLeadingDimension()
                                        ? Parameter.of(bias.tensor(), 1, experts())
                                        : Parameter.of(bias.tensor(), experts())),
                        scaleTensor.stream().map(name -> Parameter.of(name)),
                        table.stream()
                                .map(given -> Parameter.ofWholeNumbers(given.tensor(), given.vocabulary(), perToken)),
                        expertScales.stream().map(name -> Parameter.of(name, experts())))
                .flatMap(parameters -> parameters);
    }
}
