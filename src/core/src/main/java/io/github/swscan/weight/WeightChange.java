package io.github.swscan.weight;

/**
 * A stored weight replaced.
 *
 * @param to what stands in its place: a number that the tensor's type holds exactly, where the type is a plain one
 */
public record WeightChange(StoredWeight weight, float to) {

    /** The weight removed. */
    public static WeightChange removal(StoredWeight weight) {
        return new WeightChange(weight, 0);
    }

    /** What a run of the model is to be changed by. */
    public ScalarEdit edit() {
        return new ScalarEdit(weight.coordinate(), to);
    }
}
