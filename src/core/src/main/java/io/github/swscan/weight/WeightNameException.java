package io.github.swscan.weight;

/** A name that does not stand for a weight of the model: it is no name of one, or fits none, or several. */
public final class WeightNameException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** @param message what is wrong, with the name in it, for the user who gave it */
    WeightNameException(String message) {
        super(message);
    }
}
