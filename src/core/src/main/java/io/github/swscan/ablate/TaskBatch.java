package io.github.swscan.ablate;

import io.github.swscan.forward.Branch;
import io.github.swscan.forward.Continuation;
import io.github.swscan.forward.HeadPass;
import io.github.swscan.forward.TokenScores;
import java.util.ArrayList;
import java.util.List;

/** Requests that go through the model in one reading. */
final class TaskBatch {

    /**
     * A sequence of tokens, and the requests that it answers.
     *
     * @param requests by their number among those of all tasks
     */
    record Input(List<Integer> tokens, List<Asked> requests) {

        int[] ids() {
            return tokens.stream().mapToInt(Integer::intValue).toArray();
        }
    }

    /** A request with its number among those of all tasks. */
    record Asked(int number, List<Integer> continuation) {}

    private final List<Input> inputs;

    TaskBatch(List<Input> inputs) {
        this.inputs = List.copyOf(inputs);
    }

    /** The sequences of tokens. */
    List<int[]> sequences() {
        return inputs.stream().map(Input::ids).toList();
    }

    /**
     * Scores the requests.
     *
     * @param firstSequence the index of the first sequence of this batch among those that were read
     * @param results one for each branch
     */
    void score(HeadPass readout, List<Branch> branches, int firstSequence, List<RequestResults> results) {
        List<Continuation> continuations = new ArrayList<>();
        List<Asked> asked = new ArrayList<>();
        for (int input = 0; input < inputs.size(); input++) {
            for (Asked request : inputs.get(input).requests()) {
                continuations.add(new Continuation(firstSequence + input, request.continuation()));
                asked.add(request);
            }
        }
        List<TokenScores> scores = readout.scoreContinuations(branches, continuations);
        for (int branch = 0; branch < branches.size(); branch++) {
            float[] negativeLogLikelihoods = scores.get(branch).negativeLogLikelihoods();
            long[] topTokens = scores.get(branch).topTokens();
            int first = 0;
            for (Asked request : asked) {
                results.get(branch)
                        .take(request.number(), request.continuation(), negativeLogLikelihoods, topTokens, first);
                first += request.continuation().size();
            }
        }
    }
}
