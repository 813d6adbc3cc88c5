package io.github.swscan.detect;

import io.github.swscan.forward.Branch;
import io.github.swscan.forward.DownProjections;
import io.github.swscan.forward.Probe;
import io.github.swscan.forward.StreamBehind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Follows some channels of the residual stream through all layers, in every branch of a pass. */
final class StreamTraces implements Probe {

    private final Branch original;
    private final List<Branch> planned;
    private final List<Integer> channels;
    private final Map<Branch, Map<Integer, List<Float>>> values = new HashMap<>();

    /** @param planned those beside the original; each is like it until it is in the pass */
    StreamTraces(Branch original, List<Branch> planned, List<Integer> channels) {
        this.original = original;
        this.planned = planned;
        this.channels = channels;
    }

    @Override
    public void visit(DownProjections site) {}

    @Override
    public void behind(StreamBehind stream) {
        for (int channel : channels) {
            float whole = stream.largest(original, channel);
            of(original, channel).add(whole);
            for (Branch branch : planned) {
                of(branch, channel).add(stream.branches().contains(branch) ? stream.largest(branch, channel) : whole);
            }
        }
    }

    private List<Float> of(Branch branch, int channel) {
        return values.computeIfAbsent(branch, key -> new LinkedHashMap<>())
                .computeIfAbsent(channel, key -> new ArrayList<>());
    }

    /**
     * The largest magnitude in each channel behind each layer, as far as it is finite; empty where there are several
     * residual streams.
     */
    Map<Integer, List<Float>> of(Branch branch) {
        Map<Integer, List<Float>> finite = new LinkedHashMap<>();
        values.getOrDefault(branch, Map.of())
                .forEach((channel, all) -> finite.put(
                        channel, all.stream().takeWhile(Float::isFinite).toList()));
        return finite;
    }
}
