package io.github.swscan.detect;

/** Ends a pass: from this layer on nothing that the unedited model computes means anything. */
final class NonFiniteActivationsException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int layer;

    NonFiniteActivationsException(int layer) {
        super("the activations in layer " + layer + " are not finite");
        this.layer = layer;
    }

    int layer() {
        return layer;
    }
}
