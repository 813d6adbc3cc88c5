package io.github.swscan.detect;

import java.util.ArrayList;
import java.util.List;

/**
 * What is usual in a model, as far as the pass has come: at each layer the larger of the layer's own and the median over
 * all layers up to it, so that a layer that does next to nothing has no spikes of its own scale.
 */
final class UsualSoFar {

    private final List<Usual> layers = new ArrayList<>();

    /** Takes in the next layer; returns what counts as usual there. */
    Usual next(Usual layer) {
        layers.add(layer);
        float[] inputs = new float[layers.size()];
        float[] outputs = new float[layers.size()];
        for (int i = 0; i < inputs.length; i++) {
            inputs[i] = layers.get(i).input();
            outputs[i] = layers.get(i).output();
        }
        return layer.or(new Usual(Usual.lowerMedian(inputs), Usual.lowerMedian(outputs)));
    }
}
