package io.github.swscan.weight;

import io.github.swscan.architecture.Linear;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.List;
import java.util.OptionalInt;

/**
 * A weight of a checkpoint: its place in the model and in the file, and what stands there.
 *
 * @param site the linear map that it is in
 * @param row output channel
 * @param column input channel
 * @param tensor what it is stored in
 * @param value the stored weight
 */
public record StoredWeight(Site site, int row, int column, TensorInfo tensor, float value) implements Target {

    /** Reads a weight. */
    public static StoredWeight read(Checkpoint checkpoint, Site site, int row, int column) {
        StoredMatrix matrix = StoredMatrix.of(checkpoint, site.linear());
        return new StoredWeight(site, row, column, matrix.tensor(), matrix.value(row, column));
    }

    public Coordinate coordinate() {
        return new Coordinate(site.linear(), row, column);
    }

    public Linear linear() {
        return site.linear();
    }

    public int layer() {
        return site.layer();
    }

    public OptionalInt expert() {
        return site.expert();
    }

    /** Which of the tensor's elements it is, in stored order. */
    public long element() {
        return linear().elementIndex(row, column);
    }

    /** Its place in each dimension of the tensor, outermost first. */
    public List<Long> index() {
        return tensor.index(element());
    }

    /** Where it lies, or the block that it is in. */
    public TensorInfo.Place place() {
        return tensor.place(element());
    }
}
