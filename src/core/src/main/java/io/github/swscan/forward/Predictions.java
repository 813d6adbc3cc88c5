package io.github.swscan.forward;

/** The distributions over the vocabulary that a branch predicts for the evaluated tokens. */
public final class Predictions {

    private final float[] meanProbability;
    private final float[] entropy;
    private final float[] markedMass;

    /**
     * @param meanProbability of each token of the vocabulary, over all predictions
     * @param entropy of each prediction, in nats
     * @param markedMass the probability of all marked tokens together, of each prediction
     */
    Predictions(float[] meanProbability, float[] entropy, float[] markedMass) {
        this.meanProbability = meanProbability;
        this.entropy = entropy;
        this.markedMass = markedMass;
    }

    /** The mean probability of each token of the vocabulary, over all predictions. */
    public float[] meanProbabilities() {
        return meanProbability.clone();
    }

    /** Of each prediction, in nats. */
    public float[] entropies() {
        return entropy.clone();
    }

    /** The probability of all marked tokens together, of each prediction. */
    public float[] markedMasses() {
        return markedMass.clone();
    }
}
