package io.github.swscan.detect;

/**
 * A weight's place.
 *
 * @param tensor the name of the tensor
 * @param row output channel
 * @param column input channel
 */
public record Coordinate(String tensor, int row, int column) {

    @Override
    public String toString() {
        return tensor + "[" + row + ", " + column + "]";
    }
}
