package io.github.swscan.ablate;

import java.util.Arrays;
import java.util.List;

/**
 * What a branch makes of the requests of all tasks: how likely it finds each continuation, and whether it would write it.
 */
final class RequestResults {

    private final double[] logLikelihoods;
    private final boolean[] greedy;

    RequestResults(int requests) {
        this.logLikelihoods = new double[requests];
        this.greedy = new boolean[requests];
    }

    /**
     * Takes the result of one request.
     *
     * @param negativeLogLikelihoods of every branch's tokens; this request's begin at {@code first}
     */
    void take(int request, List<Integer> continuation, float[] negativeLogLikelihoods, long[] topTokens, int first) {
        double sum = 0;
        boolean allTop = true;
        for (int token = 0; token < continuation.size(); token++) {
            sum -= negativeLogLikelihoods[first + token];
            allTop &= topTokens[first + token] == continuation.get(token);
        }
        logLikelihoods[request] = sum;
        greedy[request] = allTop && Double.isFinite(sum);
    }

    /** The sum over the tokens of the continuation, in nats. */
    double logLikelihood(int request) {
        return logLikelihoods[request];
    }

    /** Whether every token of the continuation is the most likely one. */
    boolean isGreedy(int request) {
        return greedy[request];
    }

    boolean areFinite() {
        return Arrays.stream(logLikelihoods).allMatch(Double::isFinite);
    }
}
