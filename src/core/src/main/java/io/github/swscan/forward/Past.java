package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the token mixers keep of the tokens so far, so that the tokens after them can go through the model alone: keys and
 * values, or whatever else a later token needs. For sequences of equal length.
 *
 * <p>Owns its arrays until it is closed.
 */
final class Past implements AutoCloseable {

    private final NDManager manager;
    private final Map<Place, Layer> layers = new HashMap<>();

    /** What keeps something: a token mixer, or a convolution in it or behind a part of the block. */
    enum Keeper {
        MIXER,
        KEY_CONVOLUTION,
        VALUE_CONVOLUTION,
        MIXER_CONVOLUTION,
        FEED_FORWARD_CONVOLUTION
    }

    /** @param mixer which of the token mixers that stand side by side in a layer */
    private record Place(int layer, int mixer, Keeper keeper) {}

    Past(NDManager parent) {
        this.manager = parent.newSubManager();
    }

    /** What a layer keeps, or one of the token mixers that stand side by side in it, counted from 0. */
    Layer of(int layer, int mixer) {
        return of(new Place(layer, mixer, Keeper.MIXER));
    }

    private Layer of(Place place) {
        return layers.computeIfAbsent(place, Layer::new);
    }

    /** As before the first token. */
    void forget() {
        layers.values().forEach(layer -> layer.kept.close());
        layers.clear();
    }

    @Override
    public void close() {
        manager.close();
    }

    /** What one layer keeps of all sequences. */
    final class Layer {

        private final Place place;
        private NDList kept = new NDList();

        private Layer(Place place) {
            this.place = place;
        }

        /** What something else keeps in the same place. */
        Layer of(Keeper keeper) {
            return Past.this.of(new Place(place.layer(), place.mixer(), keeper));
        }

        /** What was kept last; empty before the first token. */
        List<NDArray> kept() {
            return List.copyOf(kept);
        }

        /**
         * Keeps the rows of these tokens behind those of the tokens before, of every sequence. Places are filled in order.
         *
         * @param now [sequences * tokens, ...]
         * @return all rows that are kept [sequences * (before + tokens), ...]
         */
        NDArray extended(int place, NDArray now, int sequences) {
            boolean first = place == kept.size();
            NDArray all = first ? now : joined(kept.get(place), now, sequences);
            List<NDArray> arrays = new ArrayList<>(kept.subList(0, place));
            arrays.add(all);
            arrays.addAll(kept.subList(Math.min(place + 1, kept.size()), kept.size()));
            keep(arrays.toArray(NDArray[]::new));
            return all;
        }

        /** Keeps arrays in place of the last ones, which are freed. They may belong to the scope of a block. */
        void keep(NDArray... arrays) {
            NDList replaced = kept;
            kept = new NDList(arrays);
            NDScope.unregister(kept);
            kept.attach(manager);
            replaced.stream().filter(array -> !kept.contains(array)).forEach(NDArray::close);
        }
    }

    /**
     * The tokens of each sequence, those before first.
     *
     * @param before [sequences * tokens before, ...]
     * @param now [sequences * tokens, ...]
     */
    static NDArray joined(NDArray before, NDArray now, int sequences) {
        return unsplit(NDArrays.concat(new NDList(split(before, sequences), split(now, sequences)), 1));
    }

    /** [sequences * tokens, ...] -> [sequences, tokens, ...] */
    static NDArray split(NDArray rows, int sequences) {
        Shape shape = rows.getShape();
        return rows.reshape(new Shape(sequences, shape.get(0) / sequences).addAll(shape.slice(1)));
    }

    /** [sequences, tokens, ...] -> [sequences * tokens, ...] */
    static NDArray unsplit(NDArray sequences) {
        Shape shape = sequences.getShape();
        return sequences.reshape(new Shape(shape.get(0) * shape.get(1)).addAll(shape.slice(2)));
    }
}
